"""Directory services as they speak: the only room that imports ldap3, and one that knows no rows.

`types` says what goes in and out.
"""
