function tf = isvalid(obj)
%ISVALID Stands in for MATLAB's isvalid(h): true for an object that is there. One after delete(h) is still there here.

  if isobject(obj)
    tf = true;
  else
    tf = ishghandle(obj);
  end
end
