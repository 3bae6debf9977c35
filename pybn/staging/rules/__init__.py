"""One rewrite to a module: `RULE`, `TRIGGER` and `rewrite(source, tree)`. The folder is the registry."""
