    -- What is shown of each current result in a pull request's line.
    toBool(flaky) AS flaky, toUInt64(others_passed) AS passed_before, toUInt64(others_failed) AS failed_before,
    '' AS failed_tests_json, '' AS environment
FROM current
ORDER BY seen DESC, commit DESC, dynamoKey DESC
