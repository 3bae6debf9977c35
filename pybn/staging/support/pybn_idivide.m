function z = pybn_idivide(a, b, ~)
%PYBN_IDIVIDE The quotients of integers, rounded towards zero.

  z = a ./ b;
  if ~isinteger(z)
    error('MATLAB:idivide:InvalidOptionInput', 'at least one argument of idivide has to be of an integer class');
  end
  kind = class(z);
  [a, b] = deal(cast(a, kind) + zeros(size(z), kind), cast(b, kind) + zeros(size(z), kind));
  whole = b ~= 0 & b ~= -1;  % rem of the smallest integer by -1 does not return
  z(whole) = (a(whole) - rem(a(whole), b(whole))) ./ b(whole);
end
