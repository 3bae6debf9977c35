function varargout = input(varargin) %#ok<STOUT>
%INPUT Stand in for the built-in: nobody is there to answer.
  error('pybn:prompt', 'input() waits for an answer at the keyboard, and nobody is there to give one');
end
