import ArgumentParser
import CairnClient
import FHIR
import Testing

@testable import cairn

@Suite struct CommandLineTests {
    private func parse<Command: ParsableCommand>(
        _ type: Command.Type, _ line: String...
    ) throws -> Command {
        try #require(try Cairn.parseAsRoot(line) as? Command)
    }

    @Test func loadTakesPathsAndOptions() throws {
        let command = try parse(
            LoadCommand.self, "load", "a", "b", "--patient", "p1", "--server", "http://x:1",
            "--json")
        #expect(command.paths == ["a", "b"])
        #expect(command.patient == "p1")
        #expect(command.server.server == "http://x:1")
        #expect(command.output.json)
        #expect(command.concurrency == 4)
    }

    @Test func proofNamesResourceOrRecord() throws {
        let id = String(repeating: "0f", count: 16)
        let whole = try parse(
            ProofCommand.self, "proof", "Patient/a", "--out", "f", "--version", "2",
            "--with-content")
        #expect(whole.target == "/api/v1/proofs/Patient/a?version=2&opening=true")
        let bare = try parse(ProofCommand.self, "proof", id, "--out", "f")
        #expect(bare.target == "/api/v1/proofs/\(id)")
    }

    @Test(arguments: [
        ["load"], ["load", "a", "--concurrency", "0"], ["load", "a", "--patient", "Patient/1"],
        ["get"], ["get", "Patient"], ["get", "Unheard/1"], ["search", "Unheard?x=1"],
        ["search", ""],
        ["proof", "zz", "--out", "f"], ["verify"], ["verify", "--proof", "f"],
        ["transaction", "12"], ["person", "grant", "nurse", "me"], ["person", "enrol"],
        ["wallet", "new", "--scheme", "rsa"], ["head", "--channel", "A b"], ["unheard"],
        ["load", "a", "--unheard"], ["sample"], ["sample", "--out", "a", "--patients", "0"],
        ["sample", "--out", "a", "--until", "2026-02-30"],
    ]) func wrongUsageEndsWithTwoAndSaysWhereToLook(_ line: [String]) async throws {
        #expect(await CommandRun.run(line) == .usage)
        do {
            _ = try Cairn.parseAsRoot(line)
            Testing.Issue.record("was parsed")
        } catch {
            let failure = CommandRun.usage(error, line)
            let text = failure.text(asJSON: false)
            #expect(text.hasPrefix("error: "))
            #expect(text.contains("\nhint: "))
            #expect(!text.contains("Usage:"))
            // Sentences alone end with a full stop.
            #expect(!text.split(separator: "\n").contains { $0.hasSuffix(".") }, "\(text)")
        }
    }

    @Test(arguments: ["", "?name=x"]) func aSearchWithoutATypeIsToldSo(_ query: String) {
        #expect(throws: (any Error).self) { try Cairn.parseAsRoot(["search", query]) }
        do {
            _ = try Cairn.parseAsRoot(["search", query])
        } catch {
            let text = CommandRun.usage(error, ["search", query]).message
            #expect(text == "the resource type is missing; write 'Type?parameters'")
        }
    }

    @Test(arguments: [
        ("0.0.0.0:80", "localhost", false), ("[::]:80", "localhost", false),
        ("localhost:80", "localhost", true), ("127.0.0.1:80", "127.0.0.1", true),
        ("[::1]:80", "[::1]", true), ("10.0.0.7:80", "10.0.0.7", false),
    ]) func clientsAreSentWhereTheyFindIt(
        _ listen: String, _ host: String, _ isLoopback: Bool
    ) throws {
        let address = try #require(ListenAddress(listen))
        #expect(address.localHost == host)
        #expect(address.isLoopback == isLoopback)
    }

    @Test(arguments: [
        ["--help"], ["load", "--help"], ["help", "get"], ["--version"], ["wallet", "new", "-h"],
    ]) func helpIsNoError(_ line: [String]) async { #expect(await CommandRun.run(line) == .done) }

    @Test func everyCommandShowsExamplesAndExitCodes() {
        func check(_ command: any ParsableCommand.Type) {
            let text = command.configuration.discussion
            #expect(text.contains("EXAMPLES"), "\(command)")
            #expect(text.contains("EXIT CODES"), "\(command)")
            command.configuration.subcommands.forEach(check)
        }
        Cairn.commands.forEach(check)
    }

    @Test func failuresMapToExitCodes() {
        let answer = ClientError.Answer(code: "x", message: "no", hint: "")
        let pairs: [(ClientError, CommandStatus)] = [
            (.unreachable(server: "s", cause: "c"), .server),
            (.server(status: 500, answer), .server),
            (.refused(status: 403, answer), .refused), (.notFound(status: 404, answer), .refused),
            (.unexpected(what: "w"), .server), (.file(path: "p", cause: "c"), .usage),
        ]
        for (error, status) in pairs { #expect(CommandFailure(error).exit == status) }
    }

    @Test func failuresAreJSONWhereAsked() throws {
        let failure = CommandFailure(.refused, "forbidden", "no\u{1b}[2J", hint: "ask")
        let root = try JSONDocument(parsing: failure.text(asJSON: true).trimming()).root
        #expect(root["error"]?["code"]?.string == "forbidden")
        #expect(root["error"]?["hint"]?.string == "ask")
        #expect(failure.text(asJSON: false) == "error: no\\u{1b}[2J\nhint: ask\n")
    }
}

extension String {
    fileprivate func trimming() -> String { String(prefix { $0 != "\n" }) }
}

@Suite struct TerminalTextTests {
    @Test func controlCharactersAreEscaped() {
        #expect(
            TerminalText.escaped("a\u{1b}[31m\r\n\u{202e}b\u{9b}")
                == "a\\u{1b}[31m\\u{d}\\u{a}\\u{202e}b\\u{9b}")
        #expect(TerminalText.escaped("Ä 漢字 ok") == "Ä 漢字 ok")
    }

    @Test func jsonKeepsItsMeaning() throws {
        let bytes = Array("{\"a\": \"x\u{7f}\u{85}\u{202e}é\"}".utf8)
        let shown = TerminalText.json(bytes)
        #expect(String(decoding: shown, as: UTF8.self) == #"{"a": "x\u007f\u0085\u202eé"}"#)
        let (before, after) = (try JSONDocument(parsing: bytes), try JSONDocument(parsing: shown))
        #expect(after.root["a"]?.string == before.root["a"]?.string)
    }

    @Test func prettyPrintingKeepsDigitsAndOrder() throws {
        let view = try JSONDocument(parsing: #"{"b":1.00,"a":[],"c":[{"d":null}],"e":{}}"#).root
        let text = String(decoding: PrettyJSON.format(view), as: UTF8.self)
        #expect(
            text == """
                {
                  "b": 1.00,
                  "a": [],
                  "c": [
                    {
                      "d": null
                    }
                  ],
                  "e": {}
                }
                """)
    }

    @Test func listsOfObjectsTakeALineForEachMember() throws {
        let view = try JSONDocument(
            parsing: #"{"keys":[{"id":"a","n":1},{"id":"b"}],"roles":["x","y"]}"#
        ).root
        #expect(
            AnswerPrinting.lines(view, indent: 0) == [
                "keys:", "  - id: a", "    n: 1", "  - id: b", "roles: x, y",
            ])
    }

    @Test func whatASearchLeavesOutIsSaid() throws {
        let first =
            #"{"link":[{"relation":"next","url":"u"}],"total":9,"entry":[{"resource":{"id":"1"}}]}"#
        var pages = SearchPages(isBundle: false)
        pages.add(try JSONDocument(parsing: first).root)
        #expect(pages.note == "1 of 9 shown; --all shows the rest")
        pages.add(try JSONDocument(parsing: #"{"total":9}"#).root)
        #expect(pages.note == nil)
    }

    @Test func numbersAgreeWithTheirNouns() {
        #expect(Counted.text(1, "block") == "1 block")
        #expect(Counted.text(0, "block") == "0 blocks")
    }

    @Test func resourcesTakeOneLine() throws {
        let view = try JSONDocument(
            parsing:
                #"{"resourceType":"Observation","id":"1","effectiveDateTime":"2020-01-02T03:04:05Z","code":{"text":"Weight"}}"#
        ).root
        #expect(ResourceLine.text(view) == "Observation/1  2020-01-02  Weight")
    }
}
