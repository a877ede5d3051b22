-- +goose Up

-- READMEs as HTML, with what they were made of: it is made once, and not for everybody who
-- opens the page.
CREATE TABLE readme_pages (
  repository_id BIGINT NOT NULL PRIMARY KEY REFERENCES repositories (id) ON DELETE CASCADE,
  made_of TEXT NOT NULL,
  html TEXT NOT NULL
);
