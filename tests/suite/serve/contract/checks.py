"""What the contract says of answers beside what schemathesis knows of it."""

import schemathesis
from schemathesis import GenerationMode

# A request can fit the schema and still be none: two of its parts exclude each other or must agree, what
# it names is not there, or a text in it is of a language of its own.
BEYOND_SCHEMAS = {
    "environment-conflict", "unknown-revision", "invalid-path", "confirmation-required",
}
EITHER_OR = (
    "both `path` and `pointer`", "means nothing here", "nothing is promoted to development",
    # Of names, and of their letters, the format decides.
    "the name of a variable", "has no names to put a prefix before", "in no other style",
)


def name_of(problem):
    return problem["type"].removeprefix("urn:terrace:problem:")


@schemathesis.check
def problems_are_whole(ctx, response, case):
    """Every refusal is a problem, and its name is one that the operation lists."""
    if response.status_code < 400:
        return
    assert response.headers["content-type"] == ["application/problem+json"], response.headers
    problem = response.json()
    assert problem["status"] == response.status_code, problem
    assert problem["title"] and problem["detail"], problem
    assert "--" not in problem.get("help", ""), f"names a flag of the command line: {problem}"
    # A method that the route has not is nothing that it could list.
    if name_of(problem) == "method-not-allowed":
        return
    raw = case.operation.definition.raw["responses"].get(str(response.status_code))
    assert raw is not None, f"{response.status_code} is not listed: {problem}"
    names = raw["description"].split(", ")
    assert name_of(problem) in names, f"{name_of(problem)} is none of {names}"


@schemathesis.check
def what_fits_the_schema_is_read(ctx, response, case):
    """A request that fits the schema is not refused as unreadable."""
    mode = case.meta.generation.mode if case.meta else None
    if mode != GenerationMode.POSITIVE or response.status_code != 400:
        return
    problem = response.json()
    is_beyond = name_of(problem) in BEYOND_SCHEMAS or any(text in problem["detail"] for text in EITHER_OR)
    # Patches, plans and texts in bodies are languages of their own.
    is_body = name_of(problem) == "invalid-body"
    assert is_beyond or is_body, f"fits the schema: {problem}"
