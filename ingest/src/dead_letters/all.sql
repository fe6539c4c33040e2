-- The dead letters that were neither replayed nor purged.
SELECT `id`, `at`, `reason`, `source`, `position`, `image`, `_version`, `_deleted`
FROM {dead_letters:Identifier} FINAL
ORDER BY `at`, `id`
