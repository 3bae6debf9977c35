function tf = contains(text, pattern, varargin)
%CONTAINS Stands in for MATLAB's contains(text, pattern, 'IgnoreCase', tf) of char and cells of char.

  tf = pybn_any_of(text, pattern, varargin, @(s, p) ~isempty(strfind(s, p)) || isempty(p));
end
