-- Which jobs are there? One row per job. Of all attempts: which of them are current results is no matter here.
SELECT DISTINCT workflow_name AS workflow, job_name AS job, cityHash64(workflow_name, job_name) AS id
FROM chosen
