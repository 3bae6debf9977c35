function [found, value] = pybn_constant(name)
%PYBN_CONSTANT Return a class's constant, or a member of its enumeration, by the name Class.member, which is data.

  found = false;
  value = [];
  dot = find(name == '.', 1, 'last');
  try
    about = meta.class.fromName(name(1:dot-1));
    for k = 1:numel(about.PropertyList)
      one = about.PropertyList(k);
      if iscell(one)
        one = one{1};  % in Octave the list is a cell
      end
      if strcmp(one.Name, name(dot+1:end)) && one.Constant
        value = one.DefaultValue;
        found = true;
        return
      end
    end
    [members, names] = enumeration(name(1:dot-1));
    k = find(strcmp(names, name(dot+1:end)), 1);
    if ~isempty(k)
      value = members(k);
      found = true;
    end
  catch
  end
end
