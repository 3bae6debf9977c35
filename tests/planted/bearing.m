function a = bearing(y, x)
  a = atan2(y, x);
end
