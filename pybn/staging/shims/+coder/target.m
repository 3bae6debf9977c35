function tf = target(name)
%TARGET Stands in for MATLAB Coder's coder.target: code runs as in MATLAB, and is generated for nothing.

  if nargin == 0
    tf = '';
  else
    tf = strcmp(name, 'MATLAB');
  end
end
