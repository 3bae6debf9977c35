"""One importer a kind of saved model, all to `pybn.migrate.imported.Imported`."""
