function text = pybn_ending(status)
%PYBN_ENDING Say how a process ended that should have answered.

  if WIFSIGNALED(status)
    text = sprintf('ended Octave before it was done: signal %d', WTERMSIG(status));
  else
    text = sprintf('ended Octave before it was done: exit(%d)', WEXITSTATUS(status));
  end
end
