"""One exporter a kind of file, all from `pybn.migrate.imported.Imported`."""
