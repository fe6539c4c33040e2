-- The embedded engine has no replica: what it acknowledged must survive a power cut, or the checkpoint would be ahead of the data.
ALTER TABLE {table:Identifier} MODIFY SETTING fsync_after_insert = 1, fsync_part_directory = 1
