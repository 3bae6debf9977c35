function z = height_of(az, el, r)
  [x, y, z] = sph2cart(az, el, r);
end
