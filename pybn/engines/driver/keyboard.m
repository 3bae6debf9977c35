function keyboard(varargin)
%KEYBOARD Stand in for the built-in: nobody is there to answer.
  error('pybn:prompt', 'keyboard() waits for somebody at the keyboard, and nobody is there');
end
