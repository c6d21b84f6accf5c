"""The transfer directory: a tree of files that people see at `/ums_filetransfer/` by WebDAV, on all servers the same.

The tree is rows (`TransferEntry`), so that what is made, moved or deleted is one transaction and seen everywhere at
once. The bytes lie on the disks of the servers.
"""
