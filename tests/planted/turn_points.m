function q = turn_points(p, angle)
  q = [cosd(angle) -sind(angle); sind(angle) cosd(angle)] * p;
end
