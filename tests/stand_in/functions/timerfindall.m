function found = timerfindall()
%TIMERFINDALL There are no timers.
  found = [];
end
