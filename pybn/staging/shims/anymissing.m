function tf = anymissing(x)
%ANYMISSING Stands in for MATLAB's anymissing(A) of numbers, char and cells of char.

  tf = any(ismissing(x)(:));
end
