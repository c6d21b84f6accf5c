"""Files of the original: parameter definitions and exports of profiles (docs/catalogues.md)."""
