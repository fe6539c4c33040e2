-- How many dead letters were neither replayed nor purged?
SELECT count()
FROM {dead_letters:Identifier} FINAL
