function k = labindex()
%LABINDEX Stands in for MATLAB's labindex: there is one worker.

  k = 1;
end
