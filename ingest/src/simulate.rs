//! A relay that never sleeps: realistic callbacks for the repositories of the sample allowlist.
