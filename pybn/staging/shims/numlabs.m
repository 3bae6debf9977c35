function n = numlabs()
%NUMLABS Stands in for MATLAB's numlabs: there is one worker.

  n = 1;
end
