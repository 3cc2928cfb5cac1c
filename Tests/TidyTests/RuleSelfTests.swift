import Testing

/// Every rule is shown something bad, so that none of them is deaf.
@Suite("Each rule can fail")
struct RuleSelfTests {
    private func file(_ path: String, _ text: String) -> SourceFile {
        SourceFile(path: path, text: text)
    }

    @Test func commentsAndLiteralsAreNotCode() {
        let text = #"""
            let a = "try! \(call("x", as! 3)) //" // try!
            /* try! /* nested */ try! */ let b = try! c()
            let d = #"raw "quoted" \(try!) "#
            """#
        let code = SwiftCode(text)
        #expect(code.offsets(of: "try!").map(code.line) == [2])
        #expect(code.offsets(of: "as!").map(code.line) == [1])
        #expect(code.bytes.count == text.utf8.count)
        #expect(
            SwiftCode("\"\"\"\n try! \"quoted\"\n\"\"\"; as!").lines.last?.hasSuffix("as!") == true)
        #expect(SwiftCode("fingerprint(); x.print()").offsets(of: "print(").isEmpty)
    }

    @Test func longFilesAreSeen() {
        let text = String(repeating: "let a = 1\n", count: 401)
        #expect(SizeRules.longFiles([file("Sources/Node/A.swift", text)]).count == 1)
        #expect(
            SizeRules.longFiles([file("Sources/Node/A.swift", String(text.dropLast(10)))]) == [])
    }

    @Test func longLinesAreSeen() {
        let good = String(repeating: "ä", count: 100)
        #expect(SizeRules.longLines(file("a.swift", good)).isEmpty)
        #expect(SizeRules.longLines(file("a.swift", "\n" + good + "x")).map(\.line) == [2])
        let data = "    #\"" + good + "\"#,"
        #expect(SizeRules.longLines(file("Tests/A/a.swift", data)).isEmpty)
        #expect(SizeRules.longLines(file("Sources/A/a.swift", data)).count == 1)
        #expect(SizeRules.longLines(file("Tests/A/a.swift", "// " + good)).count == 1)
    }

    @Test func longFunctionsAreSeen() {
        let body = String(repeating: "    work()\n", count: 69)
        let long = "struct S {\n  func long(_ f: () -> Void = { }) throws\n  {\n\(body)  }\n}\n"
        let found = SizeRules.longFunctions(file("a.swift", long))
        #expect(found.map(\.line) == [2])
        let code = SwiftCode(
            """
            protocol P { func need() -> Int
                var x: Int { get } }
            func short<T>(_ t: T) where T: P { if true { } }
            init?(a: [Int]) { self.init() }
            """)
        #expect(
            Functions.all(in: code) == [
                .init(name: "short", firstLine: 3, lines: 1),
                .init(name: "init", firstLine: 4, lines: 1),
            ])
    }

    @Test(arguments: BannedConstruct.all.map(\.token))
    func bannedConstructsAreSeen(_ token: String) throws {
        let construct = try #require(BannedConstruct.all.first { $0.token == token })
        let bad = file("Sources/LedgerCore/A.swift", "let a = \(token)\n")
        #expect(construct.findings(in: bad).count == 1)
        #expect(construct.findings(in: file(bad.path, "// \(token)\n")).isEmpty)
    }

    @Test func purityBindsPureTargetsOnly() throws {
        let clock = try #require(BannedConstruct.all.first { $0.token == "ContinuousClock" })
        #expect(clock.findings(in: file("Sources/Node/A.swift", "ContinuousClock()")).isEmpty)
        #expect(!clock.findings(in: file("Sources/FHIR/A.swift", "ContinuousClock()")).isEmpty)
        let print = try #require(BannedConstruct.all.first { $0.token == "print(" })
        #expect(print.findings(in: file("Sources/cairn/A.swift", "print(1)")).isEmpty)
    }

    @Test func unfinishedMarksAreSeen() {
        let mark = ["TO", "DO"].joined()
        #expect(UnfinishedMarks.findings(in: file("a.swift", "// \(mark): later")).count == 1)
        #expect(UnfinishedMarks.findings(in: file("a.swift", "let \(mark)s = 1")).isEmpty)
    }

    @Test(arguments: [
        ("var seen: Set<Int> = []\nfor x in seen {", 1),
        ("let map: [Int: Int] = [:]\nlet a = map.map { $0 }", 1),
        ("let map = [Int: Int]()\nfor key in map.keys {", 1),
        ("let map: [Int: Int] = [:]\nfor x in map.sorted(by: <) {", 0),
        ("let list: [Int] = []\nfor x in list {", 0),
        ("let map: [Int: Int] = [:]\nlet a = map\n    .map { $0 }", 0),
    ])
    func unsortedIterationIsSeen(_ text: String, _ count: Int) {
        let found = UnsortedIteration.findings(in: file("Sources/Contracts/A.swift", text))
        #expect(found.count == count)
        #expect(UnsortedIteration.findings(in: file("Sources/Node/A.swift", text)).isEmpty)
    }

    @Test(arguments: [
        ("Ordering", "import LedgerCore", false), ("Ordering", "import Contracts", false),
        ("Contracts", "import Vault", false), ("Contracts", "package import LedgerCore", true),
        ("Gateway", "import Storage", false), ("Gateway", "import Vault", false),
        ("Node", "import Hummingbird", false), ("Node", "internal import NIOCore", false),
        ("Node", "import AsyncHTTPClient", false), ("Node", "import Storage", true),
        ("FHIR", "import LedgerCore", false), ("FHIR", "import Foundation", false),
        ("LedgerCore", "@preconcurrency import Foundation", false),
        ("LedgerCore", "package import FoundationEssentials", true),
        ("Storage", "import struct Crypto.SHA256", true),
        ("Storage", "import struct LedgerCore.Digest", true),
        ("Vault", "import struct Contracts.Digest", false),
        ("Elsewhere", "import LedgerCore", false),
    ])
    func importsAreJudged(_ target: String, _ line: String, _ isAllowed: Bool) {
        let found = Imports.findings(in: file("Sources/\(target)/A.swift", line + "\n"))
        #expect(found.isEmpty == isAllowed)
    }

    @Test func undocumentedDeclarationsAreSeen() {
        let text = """
            package struct A {
                /// Said.
                @discardableResult
                package static func b() -> Int { 1 }
                package mutating func c() {}
                package static func < (left: A, right: A) -> Bool { true }
                func d() {}
            }
            """
        let found = DocComments.undocumented(in: file("Sources/Node/A.swift", text))
        #expect(found.map(\.line) == [1, 5])
        let asked = file("Sources/Node/B.swift", "package protocol P {\n    func c()\n}\n")
        #expect(DocComments.requirements(in: asked) == ["c"])
    }

    @Test func deadPathsAndLinksAreSeen() {
        let text = "see `Sources/Gone.swift` and\n[here](../README.md#top), [web](https://hl7.org)"
        let found = Documents.missing(in: "docs/A.md", text: text) { _ in false }
        #expect(
            found.map(\.what) == ["README.md does not exist", "Sources/Gone.swift does not exist"])
        #expect(found.map(\.line) == [2, 1])
        #expect(Documents.missing(in: "docs/A.md", text: text) { _ in true }.isEmpty)
        #expect(Documents.unlinked(["docs/B.md", "a"], linked: []).count == 1)
        let comment = file("proto/a.proto", "// see docs/NOWHERE.md, section 2")
        #expect(Documents.mentioned(in: comment).count == 1)
    }

    @Test func dependenciesAreRead() {
        let manifest = ".package(url: \"https://github.com/x/GRDB.swift\", from: \"7\"),"
        #expect(Documents.dependencies(in: manifest) == ["GRDB"])
        #expect(Documents.explained(in: "| dependency |\n| --- |\n| jwt-kit | x |") == ["jwt-kit"])
    }

    @Test func foldersOfOneMachineAndForeignHostsAreSeen() {
        let bad = file("Makefile", "cp /root/x .\ncurl https://mirror.example.org/x\n")
        #expect(Portability.machinePaths(in: bad).map(\.line) == [1])
        #expect(Portability.foreignHosts(in: bad).map(\.line) == [2])
        let good = file("Makefile", "cd $HOME/work/x; a/root/b; http://localhost:8080")
        #expect(Portability.machinePaths(in: good).isEmpty)
        #expect(Portability.foreignHosts(in: good).isEmpty)
    }

    @Test func changedSchemasAreSeen() {
        // What `printf 123456789 | cksum` prints.
        let record = "930766865 9 a.proto\n"
        let digits = Array("123456789".utf8)
        #expect(Checksum.stale(record) { _ in digits }.isEmpty)
        #expect(Checksum.stale(record) { _ in digits + [0x30] } == ["a.proto has changed"])
        #expect(Checksum.stale(record) { _ in nil } == ["a.proto is gone"])
    }
}
