-- Which jobs are there? One row per job. Of all attempts: which of them are current results is no matter here.
SELECT DISTINCT workflow_name AS workflow, job_name AS job, job_id AS id
FROM chosen
