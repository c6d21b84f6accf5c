"""The commands of a node in an HA network: `ums node`, `ums token`, `ums datasource`, and the programs that it runs."""
