"""What a workflow may act on: vector stores, web search, files it reads, facts written into the code."""

from __future__ import annotations

import ast
import re
from functools import lru_cache

from auditkit.sources.inspection.code import Deed, home_of, words_of
from auditkit.sources.inspection.project import Project
from auditkit.sources.inspection.sketch import Home, Item, Place, Sketch
from auditkit.sources.inspectors._file_paths import anchor_of, handed_paths
from auditkit.sources.inspectors._packages import WITH_PARTS
from auditkit.syntax.patterns import later
from auditkit.syntax.python.module import Module, Scope, walk
from auditkit.syntax.python.values import Const, Made, Site, Text, Value

NAME = "knowledge"
ORDER = 170
PACKAGES = (
    *WITH_PARTS,
    "chromadb",
    "pinecone",
    "qdrant_client",
    "weaviate",
    "faiss",
    "tavily",
    "langchain_chroma",
    "langchain_tavily",
    "langchain_pinecone",
    "duckduckgo_search",
    "ddgs",
)
CONSTRUCTORS = ()

_AGNO = {
    "ChromaDb": "chroma",
    "PgVector": "pgvector",
    "PgVector2": "pgvector",
    "LanceDb": "lancedb",
    "Qdrant": "qdrant",
    "PineconeDb": "pinecone",
    "PineconeDB": "pinecone",
    "Milvus": "milvus",
    "Weaviate": "weaviate",
    "MongoDb": "mongodb",
    "MongoVectorDb": "mongodb",
    "Cassandra": "cassandra",
    "Clickhouse": "clickhouse",
    "CouchbaseSearch": "couchbase",
    "SingleStore": "singlestore",
    "S2VectorDb": "singlestore",
    "SurrealDb": "surrealdb",
    "UpstashVectorDb": "upstash",
    "OpenSearch": "opensearch",
    "ValkeyVectorDb": "valkey",
    "LightRag": "lightrag",
}
"""Agno's classes of vector stores, by what they speak to."""
_VECTORS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (
        "chroma",
        (
            "langchain_chroma.**.Chroma",
            "langchain_community.vectorstores.**.Chroma",
            "langchain.vectorstores.**.Chroma",
            "langchain_chroma.**.Chroma.from_*",
            "langchain_community.**.Chroma.from_texts",
            "langchain_community.**.Chroma.from_documents",
            "langchain.**.Chroma.from_texts",
            "langchain.**.Chroma.from_documents",
            "chromadb.**.get_or_create_collection",
            "chromadb.**.create_collection",
            "chromadb.**.get_collection",
        ),
    ),
    (
        "faiss",
        (
            "langchain_community.**.FAISS.from_texts",
            "langchain_community.**.FAISS.from_documents",
            "langchain_community.**.FAISS.load_local",
            "langchain.**.FAISS.from_documents",
            "faiss.IndexFlatL2",
            "faiss.read_index",
        ),
    ),
    (
        "pinecone",
        ("pinecone.**.Index", "langchain_pinecone.**.PineconeVectorStore", "langchain_pinecone.**.from_existing_index"),
    ),
    (
        "qdrant",
        (
            "qdrant_client.**.QdrantClient",
            "langchain_qdrant.**.QdrantVectorStore",
            "langchain_community.vectorstores.**.Qdrant",
            "langchain_community.**.Qdrant.from_*",
            "langchain_qdrant.**.from_existing_collection",
            "langchain_qdrant.**.QdrantVectorStore.from_documents",
        ),
    ),
    ("weaviate", ("weaviate.**.Client", "weaviate.**.connect_to_local", "weaviate.**.connect_to_weaviate_cloud")),
    ("pgvector", ("langchain_postgres.**.PGVector", "langchain_community.**.PGVector")),
    ("elasticsearch", ("langchain_elasticsearch.**.ElasticsearchStore", "elasticsearch.**.Elasticsearch")),
    ("mongodb", ("langchain_mongodb.**.MongoDBAtlasVectorSearch", "langchain_mongodb.**.MongoDBAtlasVectorSearch.from_*")),
    (
        "azure_ai_search",
        (
            "azure.search.documents.**.SearchClient",
            "langchain_community.**.AzureSearch",
            "langchain_community.**.AzureAISearchRetriever",
        ),
    ),
    ("milvus", ("langchain_milvus.**.Milvus", "langchain_milvus.**.Milvus.from_*", "pymilvus.**.MilvusClient")),
    ("redis", ("langchain_redis.**.RedisVectorStore", "langchain_redis.**.RedisVectorStore.from_*")),
    (
        "in_memory_vectors",
        ("langchain_core.vectorstores.**.InMemoryVectorStore", "langchain_core.**.InMemoryVectorStore.from_documents"),
    ),
    (
        "index",
        (
            "llama_index.**.VectorStoreIndex",
            "llama_index.**.VectorStoreIndex.from_documents",
            "llama_index.**.load_index_from_storage",
        ),
    ),
    *((name, (f"agno.vectordb.**.{made}", f"phi.vectordb.**.{made}")) for made, name in _AGNO.items()),
    ("file_search", ("agents.**.FileSearchTool",)),
    (
        "retrieval",
        (
            "google.adk.tools.retrieval.**.VertexAiRagRetrieval",
            "google.adk.tools.**.VertexAiSearchTool",
            "langchain_aws.**.AmazonKnowledgeBasesRetriever",
            "strands_tools.retrieve",
        ),
    ),
)
_SEARCH = later(
    r"(?i)(?:^|[._])(?:tavily\w*|\w*serper\w*|serpapi\w*|duckduckgo\w*|ddgs?|google_?search\w*|googlesearch\w*|brave_?search\w*|"
    r"bing_?search\w*|exa_py|exa|web_?search\w*|searxng?\w*|perplexity\w*|firecrawl\w*|you_?search\w*|wikipedia\w*|arxiv\w*|pubmed\w*|linkup\w*)(?:[._]|$)"
)
_SEARCH_HOST = later(
    r"https?://(?:google\.serper\.dev|serpapi\.com|api\.tavily\.com|api\.search\.brave\.com|api\.bing\.microsoft\.com|"
    r"(?:api|html)\.duckduckgo\.com|api\.exa\.ai|www\.googleapis\.com/customsearch|\w+\.wikipedia\.org|export\.arxiv\.org)"
)
_PAGE = later(r"\.html?$", re.IGNORECASE)
_READS = later(r"\.(?:txt|md|csv|tsv|pdf|docx?|html?|xlsx?|jsonl|parquet|ya?ml|json)$", re.IGNORECASE)
_NOT_KNOWLEDGE = later(
    r"(?i)(?:requirements|package|tsconfig|\.env|settings|credentials?|token|secret|logging|setup|manifest|"
    r"prompt|client_secret|model_config|config\\.json|history|tools?\.json|agents?\.ya?ml|tasks?\.ya?ml|output|result|trace|report|eval|checkpoint)"
)
_EVALS = later(r"(?:^|/)(?:evals?|evaluations?|benchmarks?|tests?)/|(?:^|/)(?:evals?|run_evals?|evaluate)\.py$")
_DATA_NAME = later(
    r"(?i)(?:faq|catalog|catalogue|product|polic(?:y|ies)|knowledge|docs?$|document|menu|itinerar|description$|page$|"
    r"inventory|price|faqs|glossary|mock_|sample_|dummy_|fake_|demo_|_data$|_db$|database|customers?$|orders?$)"
)
_PROMPT_NAME = later(
    r"(?i)prompt|instruction|system|template|message|persona|sql|query|schema|html|css|help|usage|banner|example"
)


def inspect(project: Project, sketch: Sketch) -> None:
    """Draws the sources that the workflow may act on."""
    vectors = _vectors(project, sketch)
    _searches(project, sketch)
    _files(project, sketch, vectors)
    for module in project.program.modules.values():
        _written_in(sketch, module)


def _vectors(project: Project, sketch: Sketch) -> dict[str, Item]:
    """The indexes; gives back the first that each file makes or opens."""
    drawn: dict[tuple[str, str], Item] = {}
    for name, patterns in _VECTORS:
        for site in project.program.sites(*patterns):
            key = (name, site.path)
            at = Place(site.path, site.line)
            if key in drawn:
                drawn[key].also(at)
                continue
            item = drawn[key] = sketch.add("knowledge", f"{name} index", at, f"knowledge.{name}", home_of(site.scope))
            item.say("kind", "vector")
            behind = _behind(project, site)
            if behind is not None:
                item.also(behind)
    first: dict[str, Item] = {}
    for (_, path), item in drawn.items():
        first.setdefault(path, item)
    return first


def _behind(project: Project, site: Site) -> Place | None:
    """Where the store behind an index is made: `VectorStoreIndex(.., storage_context=StorageContext.from_defaults(..))`."""
    context = project.program.arg(site, None, "storage_context")
    given = [project.program.arg(site, None, "vector_store")]
    for one in context.options() if context is not None else ():
        if isinstance(one, Made) and one.site is not None:
            given.append(project.program.arg(one.site, None, "vector_store"))
    for value in given:
        for one in value.options() if value is not None else ():
            if isinstance(one, Made) and one.site is not None:
                return Place(one.site.path, one.site.line)
    return None


@lru_cache(maxsize=20_000)
def _is_search(name: str) -> bool:
    """Whether a library's name is that of a search on the web."""
    return not name.startswith(("module:", "builtins.")) and _SEARCH.search(name) is not None


def _searches(project: Project, sketch: Sketch) -> None:
    """The open web, once for all search tools and clients."""
    item: Item | None = None
    for module in project.program.modules.values():
        for call in module.calls:
            for one in project.program.resolved(call).options():
                name = getattr(one, "name", "")
                last = name.rpartition(".")[2]
                if not name or not _is_search(name):
                    continue
                if getattr(one, "owner", None) is not None and last not in (
                    "search",
                    "run",
                    "results",
                    "invoke",
                    "text",
                    "asearch",
                    "ainvoke",
                ):
                    continue
                at = Place(module.path, module.line(call.line))
                if item is None:
                    item = sketch.add("knowledge", "open web", at, "knowledge.web", home_of(call.scope))
                    item.say("kind", "web").say("version", "live")
                item.also(at)
    for scope, deed in project.code.all:
        if deed.kind == "http" and _asks_search(project, deed):
            if item is None:
                item = sketch.add("knowledge", "open web", deed.place, "knowledge.web", home_of(scope))
                item.say("kind", "web").say("version", "live")
            item.also(deed.place)


def _asks_search(project: Project, deed: Deed) -> bool:
    """Whether a call goes to a search service's own address."""
    given = (project.program.arg(deed.site, 0, "url"), project.program.arg(deed.site, 1))
    values = [one for value in given if value is not None for one in value.options()]
    return any(_SEARCH_HOST.match(one.text if isinstance(one, Text) else str(getattr(one, "value", ""))) for one in values)


def _files(project: Project, sketch: Sketch, vectors: dict[str, Item]) -> None:
    """Files with a literal name that the code reads and does not write itself: those are its stores."""
    drawn: dict[str, Item] = {}
    own = _written(project)
    for scope, deed in project.code.all:
        if deed.kind != "file" or deed.effect != "read" or _EVALS.search(scope.module.path):
            continue
        if deed.meaning.option("loader") and deed.place.path in vectors:
            vectors[deed.place.path].also(deed.place)  # what is read into an index is what the index holds
            continue
        if deed.site.name in _LISTS:
            _folder(project, sketch, scope, deed, vectors)
            continue
        name = _name(project, deed)
        if name is not None and name in own:
            continue
        last = name.rpartition("/")[2].replace("{}", "") if name is not None else ""
        if not _READS.search(last) or last.startswith(".") or _NOT_KNOWLEDGE.search(last):
            continue
        if _PAGE.search(last) and project.code.does(scope, "model", 0) is None:
            continue  # a page that is served, or a form that is filled in
        if last in drawn:
            drawn[last].also(deed.place)
            continue
        item = drawn[last] = sketch.add("knowledge", last, deed.place, "knowledge.file", home_of(scope))
        item.say("kind", "documents")
        anchor = anchor_of(next(iter(deed.site.node.args), None), scope)
        if anchor is not None:
            item.also(anchor[1])
        beside = _beside(project, last, deed.place.path)
        if beside is not None:
            item.say("version", "versioned", note=f"{beside} lies in the repository")
            item.also(Place(beside, 1))


_LISTS = ("os.listdir", "os.walk", "os.scandir", "glob.glob")
_FOLDER = later(
    r"(?i)(?:^|[_/])(?:docs?|documents?|knowledge\w*|kb|faqs?|polic(?:y|ies)|skills?|corpus|articles|manuals?|wiki|handbook)"
    r"(?:_?(?:dir|path|folder|root|files?))?$"
)


def _folder(project: Project, sketch: Sketch, scope: Scope, deed: Deed, vectors: dict[str, Item]) -> None:
    """A folder of texts that the code goes through, where its name says that they are to be known."""
    node = deed.site.node.args[0] if deed.site.node.args else None
    named = {n.id for n in ast.walk(node) if isinstance(n, ast.Name)} if node is not None else set()
    constants = {n for n in named if n.isupper() and n in scope.module.top.bindings}
    texts = [str(n.value).rstrip("/*.") for n in ast.walk(node) if isinstance(n, ast.Constant)] if node is not None else []
    title = next((t for t in (*texts, *sorted(constants)) if _FOLDER.search(t)), None)
    if title is None:
        return
    if scope.module.path in vectors:
        vectors[scope.module.path].also(deed.place)
        return
    name = title.strip("_").lower().rpartition("/")[2]
    item = sketch.add("knowledge", f"{name} folder" if title in texts else name, deed.place, "knowledge.folder", home_of(scope))
    item.say("kind", "documents")
    for constant in constants:
        item.also(Place(scope.module.path, scope.module.line(scope.module.top.bindings[constant][0].node)))
    for _, other in project.code.all:
        reads = other.kind == "file" and other.effect == "read" and other.place.path == scope.module.path
        if reads and any(isinstance(n, ast.Name) and n.id in constants for a in other.site.node.args for n in ast.walk(a)):
            item.also(other.place)


def _written(project: Project) -> set[str]:
    """The paths that the program writes, as they are written in it."""
    writing = [deed for _, deed in project.code.all if deed.kind == "file" and deed.effect == "write"]
    found = {_name(project, deed) for deed in writing}
    for deed in writing:
        found |= {_name_of(project.program.value(node, near)) for node, near in handed_paths(project, deed.site)}
    return {name for name in found if name and "{}" not in name}


def _beside(project: Project, last: str, path: str) -> str | None:
    """The file of a name that lies nearest to the code that reads it."""
    folder = path.rpartition("/")[0].split("/")
    found = project.by_last.get(last, ())
    return min(found, key=lambda p: (-_shared(folder, p.split("/")[:-1]), p), default=None)


def _shared(a: list[str], b: list[str]) -> int:
    """How many folders two paths have in common."""
    return next((n for n, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))


def _name(project: Project, deed: Deed) -> str | None:
    """The file that a call opens, as far as it is named."""
    site = deed.site
    for value in (project.program.arg(site, 0, "path", "file", "filepath_or_buffer", "file_path"), site.owner):
        found = _name_of(value)
        if found is None and not isinstance(getattr(getattr(value, "site", None), "node", None), ast.Call) and site.node.args:
            found = _literal(site.node.args[0])
        if found is not None:
            return found
    return None


def _name_of(value: Value | None) -> str | None:
    """The path that a value stands for, or the file's name in the call that makes it."""
    for word in words_of(value):
        return str(word.value)
    if isinstance(value, Text):
        return value.text
    node = getattr(getattr(value, "site", None), "node", None)
    return _literal(node) if isinstance(node, ast.Call) else None


def _literal(node: ast.AST) -> str | None:
    """The first text in an expression that ends like a file."""
    return next((n.value for n in ast.walk(node)
                 if isinstance(n, ast.Constant) and isinstance(n.value, str) and _READS.search(n.value)), None)


def _written_in(sketch: Sketch, module: Module) -> None:
    """Facts that are written into the code: data at the top of a module, answers inside a tool."""
    top = [n for n in module.tree.body if isinstance(n, ast.Assign | ast.AnnAssign)]
    data = [
        (n, name)
        for n in top
        if (name := _target(n)) and _DATA_NAME.search(name) and not _PROMPT_NAME.search(name) and _large(n.value)
        and not (isinstance(n.value, ast.Constant) and name.lower().startswith("sample_"))  # a form shown to the model
    ]
    if data:
        node, name = data[0]
        item = sketch.add(
            "knowledge", name.lower(), Place(module.path, module.line(node)), "knowledge.constant", Home(module.path)
        )
        item.say("kind", "prompt" if isinstance(node.value, ast.Constant) else "documents").say("version", "versioned")
        for other, _ in data[1:]:
            item.also(Place(module.path, module.line(other)))
    for scope in module.scopes:
        lines = _answers(scope) if scope.kind == "function" else []
        if lines:
            name = f"answers in {scope.name.rpartition('.')[2]}"
            item = sketch.add(
                "knowledge", name, Place(module.path, module.line(lines[0])), "knowledge.answers", Home(module.path, scope.name)
            )
            item.say("kind", "prompt").say("version", "versioned")
            for line in lines[1:]:
                item.also(Place(module.path, module.line(line)))


def _target(node: ast.Assign | ast.AnnAssign) -> str:
    target = node.targets[0] if isinstance(node, ast.Assign) and len(node.targets) == 1 else getattr(node, "target", None)
    return target.id if isinstance(target, ast.Name) else ""


def _large(node: ast.AST | None) -> bool:
    """A long text, or a list or dict of records."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return len(node.value) > 300
    if isinstance(node, ast.Dict | ast.List):
        return sum(isinstance(n, ast.Constant) for n in ast.walk(node)) >= 12
    return False


def _answers(scope: Scope) -> list[int]:
    """The lines of several long literal answers that a function gives by matching words, with that of its first test."""
    last = scope.name.rpartition(".")[2].lower()
    if not isinstance(scope.node, ast.FunctionDef | ast.AsyncFunctionDef) or not any(
        word in last for word in ("faq", "lookup", "policy", "knowledge", "answer", "info")
    ):
        return []
    lines = [
        n.lineno for n in ast.walk(scope.node) if isinstance(n, ast.Return) and n.value is not None and _long_text(n.value)
    ]
    if len(lines) < 2:
        return []
    tests = [n.lineno for n in ast.walk(scope.node) if isinstance(n, ast.If)]
    return sorted({*tests[:1], *lines})


def _long_text(node: ast.AST) -> bool:
    return sum(len(n.value) for n in walk(node) if isinstance(n, ast.Constant) and isinstance(n.value, str)) > 60


__all__ = ["CONSTRUCTORS", "NAME", "ORDER", "PACKAGES", "Const", "inspect"]
