function y = sort_complex(z)
  y = sort(z);
end
