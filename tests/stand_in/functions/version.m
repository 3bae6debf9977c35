function told = version(what)
%VERSION A release of MATLAB that there is not; whoever wants to know what runs here asks OCTAVE_VERSION.
  told = '99.9.0.1234567 (R2099b)';
  if nargin == 1
    told = struct('release', '2099b', 'blas', 'of the stand-in').(what(2:end));
  end
end
