    -- What is shown of each current result in a pull request's line.
    toBool(flaky) AS flaky, '' AS failed_tests_json, '' AS environment
FROM current
ORDER BY belongs DESC, dynamoKey DESC
