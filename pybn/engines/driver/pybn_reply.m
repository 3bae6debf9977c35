function reply = pybn_reply(message)
%PYBN_REPLY What a job answers as long as nothing else is known: that it failed, in no step.

  reply = struct('ok', false, 'failed', -1, 'identifier', '', 'message', message, 'place', '', ...
                 'outputs', struct());
end
