"""Where code keeps state: databases, files it writes, lists and dicts that live in the process, the UI's session."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from auditkit.sources.inspection.code import home_of, words_of
from auditkit.sources.inspection.project import Project
from auditkit.sources.inspection.sketch import Home, Item, Place, Sketch
from auditkit.sources.inspectors._bot_data import draw_bot_data
from auditkit.sources.inspectors._file_paths import anchor_of, handed_paths, written_to
from auditkit.sources.inspectors._packages import WITH_PARTS
from auditkit.syntax.patterns import later
from auditkit.syntax.python.module import Module, Scope, walk
from auditkit.syntax.python.values import Const, Klass, Made, Many, Site, Table, Text, Value

NAME = "stores"
ORDER = 160
PACKAGES = WITH_PARTS
CONSTRUCTORS = ()

_STATEFUL = later(
    r"(?i)(?:^|_)(?:session|sessions|history|histories|conversation|conversations|memory|memories|state|states|cache|store|"
    r"stores|queue|thread|threads|chat|chats|messages?|context|contexts|db|database|orders?|bookings?|tickets|users|customers|jobs|"
    r"tasks|runs|pending|approvals|inbox|outbox|checkpoints?)(?:$|_)"
)
_OF_CODE = later(
    r"(?i)(?:module|import|client|model|agent|graph|tool|template|prompt|schema|config|engine|loader|regex|font)s?_cache$"
)
"""Caches of what the code itself is made of: nothing is lost with them."""
_CLASS = later(
    r"(?:Memory|Session|Conversation|Chat|Thread|Message|Context|State|InMemory|Task|History)\w*(?:Store|State|History|Memory|"
    r"Manager|Repository|Cache)$|^(?:Memory|Session|Conversation)(?:Store|State)$|"
    r"(?:^(?:Mock|InMemory|Memory|Local|Dummy|Fake)|State|Session|Chat|History)(?:Persistence|Persister|Storage)$"
)
_DATABASES: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("sqlite", "database", ("sqlite3.connect", "aiosqlite.connect")),
    (
        "sql_database",
        "database",
        (
            "sqlalchemy.**.create_engine",
            "sqlalchemy.**.create_async_engine",
            "databases.Database",
            "sqlmodel.create_engine",
            "dbos.**.SQLAlchemyDatasource.create",
        ),
    ),
    (
        "postgres",
        "database",
        (
            "psycopg.**.connect",
            "psycopg2.**.connect",
            "asyncpg.**.connect",
            "asyncpg.**.create_pool",
            "psycopg_pool.**.ConnectionPool",
            "psycopg_pool.**.AsyncConnectionPool",
        ),
    ),
    ("mysql", "database", ("pymysql.**.connect", "mysql.**.connect", "aiomysql.**.create_pool")),
    ("mongodb", "database", ("pymongo.**.MongoClient", "motor.**.AsyncIOMotorClient")),
    ("redis", "cache", ("redis.**.Redis", "redis.**.StrictRedis", "redis.**.from_url")),
    ("duckdb", "database", ("duckdb.connect",)),
    ("supabase", "database", ("supabase.create_client", "supabase.**.Client")),
    ("firestore", "database", ("google.cloud.firestore.**.Client", "firebase_admin.**.client")),
    ("tinydb", "file", ("tinydb.TinyDB",)),
    ("shelve", "file", ("shelve.open",)),
    ("diskcache", "file", ("diskcache.**.Cache",)),
    (
        "mem0",
        "memory",
        ("mem0.Memory", "mem0.AsyncMemory", "mem0.**.from_config", "mem0.**.MemoryClient", "mem0.**.AsyncMemoryClient"),
    ),
    ("sqlitedict", "database", ("sqlitedict.SqliteDict",)),
    ("bot_states", "memory", ("aiogram.**.MemoryStorage",)),
    ("bot_states", "cache", ("aiogram.**.RedisStorage", "aiogram.**.RedisStorage.from_url")),
    ("modal_dict", "cache", ("modal.Dict.from_name", "modal.**.Dict.from_name", "modal.Dict.lookup")),
    ("modal_queue", "queue", ("modal.Queue.from_name", "modal.**.Queue.from_name")),
)
_MIGRATION = later(r"(?:^|/)(?:migrations?|alembic)/")
"""Scripts that change a database's shape are no part of what works with it."""
_NAMED = ("modal_dict", "modal_queue")
"""Stores that are opened by their name."""
_WRITERS = ("builtins.open", "aiofiles.open", "**.write_text", "**.write_bytes", "**.to_csv", "**.to_json", "**.to_excel")
_TEMPORARY = later(
    r"(?i)(?:^|/)(?:tmp|temp|\.cache|logs?)(?:/|$)|\.log$|\.tmp$|\.png$|\.svg$|\.mmd$|^/dev/|resized|thumbnail|(?:^|/)output\."
)
_ENDINGS = ("md", "txt", "json", "jsonl", "csv", "pdf", "docx", "html", "yaml", "yml", "xlsx", "xml", "py", "log")
"""What is left of a file's name when only its ending is written."""


def inspect(project: Project, sketch: Sketch) -> None:
    """Draws the stores that no framework owns."""
    _databases(project, sketch)
    _tables_of_aws(project, sketch)
    _scheduled_jobs(project, sketch)
    draw_bot_data(project, sketch)
    _written_files(project, sketch)
    for module in project.program.modules.values():
        _in_process(project, sketch, module)
        _classes(project, sketch, module)
        _on_objects(sketch, module)
        _session_state(sketch, module)
    for site in project.program.sites("gradio.State", "gradio.**.State", "gradio.BrowserState"):
        item = sketch.add("store", "session_state", Place(site.path, site.line), "stores.gradio", home_of(site.scope))
        item.say("kind", "session").say("durable", False)


_SAVERS = (
    "langgraph.**.SqliteSaver",
    "langgraph.**.AsyncSqliteSaver",
    "langgraph.**.PostgresSaver",
    "langgraph.**.AsyncPostgresSaver",
)
"""Checkpointers that are given a connection: that database is theirs, and drawn as theirs."""


def _behind_savers(project: Project, sketch: Sketch) -> set[int]:
    """The calls that open what a checkpointer keeps its state in; their places are the checkpointer's too."""
    found: set[int] = set()
    for site in project.program.sites(*_SAVERS):
        given = project.program.arg(site, 0, "conn")
        options = given.options() if given is not None else ()
        opened = [one.site for one in options if isinstance(one, Made) and one.site is not None]
        stores = [i for i in (*sketch.loose, *(i for f in sketch.flows for i in f.items)) if i.kind == "store"]
        for item in [i for i in stores if i.at == Place(site.path, site.line)]:
            for one in opened:
                item.also(Place(one.path, one.line))
                found.add(id(one.node))
    return found


def _databases(project: Project, sketch: Sketch) -> None:
    savers = _behind_savers(project, sketch)
    for name, kind, patterns in _DATABASES:
        for site in project.program.sites(*patterns):
            if _MIGRATION.search(site.path) or id(site.node) in savers:
                continue
            title = _file_of(project, site) or (_name_of(project, site) if name in _NAMED else None) or name
            item = sketch.add("store", title, Place(site.path, site.line), f"stores.{name}", home_of(site.scope))
            item.say("kind", kind)
            item.say("durable", _lasts(project, site, name))


def _tables_of_aws(project: Project, sketch: Sketch) -> None:
    """DynamoDB, which boto3 opens by a name: one store, wherever a file opens it."""
    for site in project.program.sites("boto3.resource", "boto3.client", "boto3.**.resource", "boto3.**.client"):
        if any(word.value == "dynamodb" for word in words_of(project.program.arg(site, 0, "service_name"))):
            item = sketch.add("store", "dynamodb", Place(site.path, site.line), "stores.dynamodb", home_of(site.scope))
            item.say("kind", "database").say("durable", True)


_JOB_STORES = tuple(f"apscheduler.**.{name}" for name in ("SQLAlchemyJobStore", "RedisJobStore", "MongoDBJobStore"))


def _scheduled_jobs(project: Project, sketch: Sketch) -> None:
    """Where APScheduler keeps the jobs that it was given at run time, also by a class that is built on one of its own."""
    sites = [*project.program.sites(*_JOB_STORES), *made_of_own(project, _JOB_STORES)]
    for site in project.program.sites("apscheduler.**.add_jobstore"):
        if any(word.value in ("sqlalchemy", "redis", "mongodb") for word in words_of(project.program.arg(site, 0, "jobstore"))):
            sites.append(site)
    for site in sites:
        item = sketch.add("store", "scheduled jobs", Place(site.path, site.line), "stores.jobs", home_of(site.scope))
        item.say("kind", "queue").say("durable", _lasts(project, site, "redis" if "Redis" in site.name else "jobs"))


def made_of_own(project: Project, patterns: tuple[str, ...]) -> Iterator[Site]:
    """The calls that make an object of a local class that is built on a library's class of some patterns."""
    own = {id(klass.scope): klass for klass in project.program.classes(*patterns)}
    tails = {klass.scope.name.rpartition(".")[2] for klass in own.values()}
    for module in project.program.modules.values():
        for last in sorted(tails):
            for call in module.by_tail.get(last, ()):
                for one in project.program.resolved(call).options():
                    if isinstance(one, Klass) and id(one.scope) in own:
                        yield Site(call, one)


def _file_of(project: Project, site: Site) -> str | None:
    """The file that a database lies in, where the code names one."""
    address = project.program.arg(site, 0, "database", "path", "file", "filename")
    names = {str(word.value).rpartition("/")[2].partition("?")[0] for word in words_of(address)}
    names = {n for n in names if re.fullmatch(r"[\w.-]+\.(?:db|sqlite3?|duckdb|json|shelf)", n)}
    return min(names) if len(names) == 1 else None


def _name_of(project: Project, site: Site) -> str | None:
    """The name under which a store is opened."""
    return next((str(word.value)[:80] for word in words_of(project.program.arg(site, 0, "name"))), None)


def _lasts(project: Project, site: Site, name: str) -> bool | str:
    """Whether a database survives a restart: not when it lies in memory."""
    address = project.program.arg(site, 0, "database", "url", "path", "file")
    for word in words_of(address):
        text = str(word.value)
        if text == ":memory:" or text in ("sqlite://", "sqlite:///:memory:") or text.endswith(":memory:"):
            return False
    if name == "mem0":  # without a configuration it lies in a temporary folder
        return True if site.name.endswith(("from_config", "Client")) else "unknown"
    if name == "bot_states":
        return False if site.name.endswith("MemoryStorage") else "unknown"
    if name == "sqlitedict" and address is None:
        return False  # without a file's name it lies in a temporary one
    return "unknown" if name == "redis" else True


def _written_files(project: Project, sketch: Sketch) -> None:
    """Files that the code writes as its state or result, one store a path."""
    drawn: dict[tuple[str, str], Item] = {}
    files = [(scope, deed) for scope, deed in project.code.all if deed.kind == "file"]
    read = {(scope.module.path, _path_of(project, deed.site)) for scope, deed in files if deed.effect == "read"}
    for scope, deed in files:
        if deed.effect not in ("write", "delete"):
            continue
        handed = handed_paths(project, deed.site)
        for node, near in handed:
            path = next((text for one in project.program.value(node, near).options() if (text := _joined(one)) is not None), "{}")
            at = Place(near.module.path, near.module.line(node))
            item = None if _temporary(node) else _file(sketch, drawn, near, at, path, anchor_of(node, near), read)
            if item is not None:
                item.also(deed.place)
        own = _path_of(project, deed.site) if not handed else None
        written = written_to(deed.site)
        if own is not None and not _temporary(written):
            _file(sketch, drawn, scope, deed.place, own, anchor_of(written, deed.site.scope), read)


def _file(sketch: Sketch, drawn: dict[tuple[str, str], Item], scope: Scope, at: Place, path: str,
          anchor: tuple[str, Place] | None, read: set[tuple[str, str | None]]) -> Item | None:
    """Draws one file that the code writes, once for each module and name; None for what is no store."""
    name = re.sub(r"\{\}", "", path).rstrip("/").rpartition("/")[2].strip("._- ")
    if _TEMPORARY.search(path) and (scope.module.path, path) not in read:
        return None
    if len(re.findall(r"[A-Za-z]", name)) < 2:
        if anchor is None or _TEMPORARY.search(anchor[0]):
            return None  # a path that nothing is known of is as often a copy for the user as a store
        name = anchor[0].strip("_").lower()
    if name in _ENDINGS:
        name = f"{name} files"
    key = (scope.module.path, name)
    item = drawn.get(key)
    if item is None:
        item = drawn[key] = sketch.add("store", name[:80], at, "stores.file", home_of(scope))
        item.say("kind", "file").say("durable", True)
    item.also(at)
    if anchor is not None:
        item.also(anchor[1])
    return item


def _temporary(node: ast.AST | None) -> bool:
    """Whether the code itself calls the file a temporary one."""
    return any(re.search(r"(?i)(?:^|_)te?mp(?:_|$|file|dir|path)", n) for n in _names(node))


def _names(node: ast.AST | None) -> list[str]:
    found = [n.id for n in ast.walk(node) if isinstance(n, ast.Name)] if node is not None else []
    return found + ([n.attr for n in ast.walk(node) if isinstance(n, ast.Attribute)] if node is not None else [])


def _path_of(project: Project, site: Site) -> str | None:
    """The path that is written, as far as it is known; unknown parts are {}. None for a mere stream."""
    last = site.name.rpartition(".")[2]
    if last in ("write_text", "write_bytes") or (last == "open" and site.name.startswith("pathlib.")):
        return _joined(site.owner) or "{}"
    given = project.program.arg(site, 0, "path", "file", "path_or_buf", "name")
    for one in given.options() if given is not None else ():
        text = _joined(one)
        if text is not None:
            return text
    return "{}" if given is not None else None


def _joined(value: Value | None) -> str | None:
    """`Path("out") / f"{name}.txt"` and the like as text."""
    match value:
        case Const() if isinstance(value.value, str):
            return value.value
        case Text():
            return value.text
        case Made() if value.site is not None and value.name in ("os.path.join", "pathlib.Path") and value.site.node.args:
            last = value.site.node.args[-1]
            return (
                str(last.value)
                if isinstance(last, ast.Constant)
                else "".join(str(v.value) if isinstance(v, ast.Constant) else "{}" for v in last.values)[:60]
                if isinstance(last, ast.JoinedStr)
                else "{}"
            )
    return None


def _in_process(project: Project, sketch: Sketch, module: Module) -> None:
    """Lists, dicts and queues at the top of a module that functions change: state that a restart loses."""
    filled = _filled_by_functions(module)
    changed = filled | module.declared
    by_session = _put_by_session(module)
    for name, bindings in module.top.bindings.items():
        if not (_STATEFUL.search(name) or name in by_session) or (_OF_CODE.search(name) and name not in by_session):
            continue
        if name not in filled and name.lower().endswith("cache"):
            continue  # set as a whole, once: a copy of what lies elsewhere
        for binding in bindings:
            if binding.how != "value" or binding.value is None or (name not in changed and not _queue(binding.value)):
                continue
            if _container(project, binding.value, module):
                at = Place(module.path, module.line(binding.node))
                item = sketch.add("store", name, at, "stores.in_process", Home(module.path))
                queue = _queue(binding.value)
                item.say("kind", "queue" if queue else "memory").say("durable", False).say(
                    "symbol", f"{module.path}:{name}"[:120]
                )
                break


def _queue(node: ast.AST) -> bool:
    """Whether a value is a queue, which is made to be filled by others."""
    func = node.func if isinstance(node, ast.Call) else None
    return str(getattr(func, "attr", "") or getattr(func, "id", "")).endswith("Queue")


def _container(project: Project, node: ast.AST, module: Module) -> bool:
    value = project.program.value(node, module.top)
    if isinstance(value, Many | Table):
        return not isinstance(node, ast.Tuple) and len(value.items) < 4
    if isinstance(value, Made):
        return value.name.rpartition(".")[2] in (
            "defaultdict",
            "deque",
            "Queue",
            "OrderedDict",
            "dict",
            "list",
            "TTLCache",
            "LRUCache",
        )
    return False


_SESSION_KEY = later(r"(?i)^(?:\w+_)?(?:session|thread|conversation|chat|user|customer|channel|phone|sender|caller|call)"
                     r"(?:_?id|_?key|_sid|_number)$")


def _put_by_session(module: Module) -> set[str]:
    """Names of the module into which functions put something under the key of a session or person: `agents[session_id] = a`."""
    return {
        name
        for name, rows in module.puts.items()
        for target, _, scope in rows
        if scope.kind == "function" and name not in scope.bindings
        and isinstance(target.slice, ast.Name) and _SESSION_KEY.search(target.slice.id)
    }


def _filled_by_functions(module: Module) -> set[str]:
    """Names of the module that functions append to, assign into or empty."""
    found: set[str] = set()
    for verb in (
        "append",
        "extend",
        "put",
        "put_nowait",
        "update",
        "setdefault",
        "pop",
        "popleft",
        "appendleft",
        "add",
        "insert",
    ):
        for call in module.by_tail.get(verb, ()):
            func = call.node.func
            if (
                isinstance(func, ast.Attribute)
                and isinstance(func.value, ast.Name)
                and call.scope.kind == "function"
                and func.value.id not in call.scope.bindings
            ):
                found.add(func.value.id)
    for name, scope in module.changes:
        around: Scope | None = scope
        while around is not None:
            if around.kind == "function" and name not in around.bindings:
                found.add(name)
            around = around.parent
    return found


def _classes(project: Project, sketch: Sketch, module: Module) -> None:
    """Classes that are a store by name and keep their entries in dicts or lists of their own."""
    for scope in module.scopes:
        if scope.kind != "class" or not _CLASS.search(scope.name) or not _keeps(scope, module):
            continue
        name = scope.name.rpartition(".")[2]
        item = sketch.add(
            "store", name, Place(module.path, module.line(scope.line)), "stores.class", Home(module.path, scope.name)
        )
        item.say("kind", "memory").say("durable", False).say("symbol", f"{module.path}:{scope.name}"[:120])
        for other in project.program.modules.values():
            for call in other.by_tail.get(name, ()):
                if any(isinstance(one, Klass) and one.scope is scope for one in project.program.resolved(call).options()):
                    item.also(Place(other.path, other.line(call.line)))


def _keeps(scope: Scope, module: Module) -> bool:
    """Whether a class holds containers of its own and calls nothing that lasts."""
    lasting = {"open", "execute", "connect", "commit", "save", "write", "dump", "set_item", "put_item", "insert_one", "hset"}
    names = {
        (c.node.func.attr if isinstance(c.node.func, ast.Attribute) else getattr(c.node.func, "id", ""))
        for c in module.calls
        if c.scope.holder is scope
    }
    if names & lasting:
        return False
    return any(
        isinstance(n, ast.Dict | ast.List) or (isinstance(n, ast.Call) and _factory(n))
        for n in ast.walk(scope.node)
        if not isinstance(n, ast.FunctionDef)
    )


def _factory(node: ast.Call) -> bool:
    if getattr(node.func, "id", "") in ("defaultdict", "dict", "list", "deque"):
        return True
    return any(k.arg == "default_factory" for k in node.keywords)


_BY_KEY = later(
    r"(?i)^_*(?:\w+_)?(?:sessions?|conversations?|histories|history|threads|chats|contexts|user_states?|pending\w*|approvals)"
    r"(?:_by_\w+|_map|_store|_cache)?$"
)


def _on_objects(sketch: Sketch, module: Module) -> None:
    """Dicts and sets on an object that hold what belongs to users or conversations, by their keys: `self.sessions = {}`,
    with entries put in by another method than the one that made them."""
    drawn: set[tuple[str, str]] = set()
    for target, value, scope in module.attributes:
        holder = scope.holder
        if holder is None or not _BY_KEY.search(target.attr) or (holder.name, target.attr) in drawn:
            continue
        own = isinstance(target.value, ast.Name) and target.value.id == scope.self_name
        if not own or not _keyed(value) or _CLASS.search(holder.name) or not _filled(holder, target.attr, scope):
            continue
        drawn.add((holder.name, target.attr))
        at = Place(module.path, module.line(target))
        item = sketch.add("store", target.attr, at, "stores.on_object", Home(module.path, scope.name))
        item.say("kind", "memory").say("durable", False)


def _keyed(node: ast.AST | None) -> bool:
    """Whether an expression makes an empty dict or set."""
    if isinstance(node, ast.Dict):
        return not node.keys
    return isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("dict", "set", "defaultdict") and len(node.args) < 2


def _filled(holder: Scope, name: str, made_in: Scope) -> bool:
    """Whether a method of a class puts entries into a container of its object."""

    def is_it(node: ast.AST) -> bool:
        return isinstance(node, ast.Attribute) and node.attr == name and getattr(node.value, "id", "") == "self"

    for method in holder.children:
        if method is made_in:
            continue
        for node in ast.walk(method.node):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AugAssign) else []
            if any(isinstance(t, ast.Subscript) and is_it(t.value) for t in targets):
                return True
            func = node.func if isinstance(node, ast.Call) else None
            if isinstance(func, ast.Attribute) and func.attr in ("add", "setdefault", "update") and is_it(func.value):
                return True
    return False


_SESSIONS = ("st.session_state", "streamlit.session_state", "cl.user_session")


def _session_state(sketch: Sketch, module: Module) -> None:
    """What Streamlit's and similar sessions keep of a conversation or a case: gone with the session."""
    places = _session_writes(module)
    named: tuple[str, Scope, int] | None = None
    for scope in module.scopes:
        for name in sorted(scope.loads):
            base, _, key = name.rpartition(".")
            if named is None and base in _SESSIONS and _STATEFUL.search(key):
                line = next((module.line(n) for n in ast.walk(scope.node) if isinstance(n, ast.Attribute) and n.attr == key), 1)
                named = key, scope, line
    if named is None and not places:
        return
    key, scope, line = named or ("session_state", *places[0])
    item = sketch.add("store", key, Place(module.path, line), "stores.session", Home(module.path, scope.name))
    item.say("kind", "session").say("durable", False)
    for _, other in places[:24]:
        item.also(Place(module.path, other))


def _session_writes(module: Module) -> list[tuple[Scope, int]]:
    """Where the keys of a session are set."""
    found: dict[int, Scope] = {}  # an inner function's own place outweighs that of what it stands in
    for scope in module.scopes:
        if not any(name.startswith(_SESSIONS) for name in scope.loads):
            continue
        for node in walk(scope.node):
            for target in node.targets if isinstance(node, ast.Assign) else ():
                held = target.value if isinstance(target, ast.Attribute | ast.Subscript) else None
                if isinstance(held, ast.Attribute) and ast.unparse(held) in _SESSIONS:
                    found[module.line(target)] = scope
    return [(found[line], line) for line in sorted(found)]
