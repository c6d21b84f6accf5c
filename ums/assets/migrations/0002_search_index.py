"""An index of the parts of words, where the database can have one."""

from django.db import migrations


def make_index_of_parts(apps, schema_editor):
    """Trigrams find a part of a word without reading every asset. Without the extension searches are only slower."""
    if schema_editor.connection.vendor != "postgresql":
        return
    schema_editor.execute(
        "DO $$ BEGIN "
        "CREATE EXTENSION IF NOT EXISTS pg_trgm; "
        "CREATE INDEX asset_search ON assets_asset USING gin (search gin_trgm_ops); "
        "EXCEPTION WHEN insufficient_privilege OR undefined_file OR feature_not_supported THEN "
        "RAISE NOTICE 'pg_trgm is not available: searches read all assets'; END $$"
    )


def drop_index_of_parts(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP INDEX IF EXISTS asset_search")


class Migration(migrations.Migration):
    dependencies = [("assets", "0001_initial")]
    operations = [migrations.RunPython(make_index_of_parts, drop_index_of_parts)]
