function T = turn_matrix(angle, tx)
  % A rotation by degrees, then a translation.
  T = [cosd(angle) -sind(angle) tx; sind(angle) cosd(angle) 0; 0 0 1];
end
