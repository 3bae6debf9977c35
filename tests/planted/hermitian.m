function y = hermitian(a)
  y = a';
end
