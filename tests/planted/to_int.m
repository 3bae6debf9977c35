function y = to_int(x)
  y = int32(x);
end
