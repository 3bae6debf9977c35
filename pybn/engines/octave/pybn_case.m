function reply = pybn_case(program, data)
%PYBN_CASE Run one case: construct, perform the steps, capture the outputs and what was printed.
%   The reply says ok, or the number of the step that failed (0: the construction) with the
%   error's identifier, message and place.

  reply = struct('ok', false, 'failed', 0, 'identifier', '', 'message', '', 'place', '', ...
                 'printed', '', 'bytes', 0, 'outputs', struct());
  rand('twister', 42);
  randn('twister', 42);
  reply.printed = evalc('reply = pybn_steps(program, data, reply);');
  reply.bytes = numel(reply.printed);
  if reply.bytes > program.keep
    reply.printed = reply.printed(1:program.keep);
  end
end
