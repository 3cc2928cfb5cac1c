import Foundation
import Testing

@Suite("The commands speak plainly", .serialized)
struct CommandTests {
    static let commands = [
        ["serve"], ["load"], ["get"], ["search"], ["token"], ["link"], ["wallet"],
        ["wallet", "new"],
        ["wallet", "show"], ["wallet", "list"], ["person"], ["person", "list"],
        ["person", "show"], ["person", "enrol"], ["person", "grant"], ["person", "revoke"],
        ["person", "add-key"], ["person", "revoke-key"], ["head"], ["transaction"],
        ["network"], ["network", "invite"], ["network", "requests"], ["network", "admit"],
        ["network", "contracts"], ["network", "activate"], ["network", "proposals"],
        ["proof"], ["verify"], ["sample"], ["bench"], ["snapshot"], ["snapshot", "export"],
        ["snapshot", "verify"], ["backup"], ["restore"], ["audit"], ["audit", "diff"],
    ]

    @Test(arguments: commands)
    func helpShowsExamplesAndExitCodes(_ command: [String]) async throws {
        let help = try await CairnBinary.run(command + ["--help"])
        #expect(help.exit == 0 && help.stderr.isEmpty)
        #expect(help.stdout.contains("EXAMPLES:\n  "), "\(help)")
        let examples = (help.stdout.components(separatedBy: "EXAMPLES:\n").last ?? "")
            .components(separatedBy: "\n\n")[0].split(separator: "\n")
        // Each on a line of its own, to be copied.
        #expect(!examples.isEmpty && examples.allSatisfy { $0.contains("cairn ") }, "\(help)")
        let name = "cairn \(command.joined(separator: " "))"
        #expect(examples.contains { $0.contains(name) }, "\(help)")
        #expect(help.stdout.contains("EXIT CODES: 0 done, 1 "), "\(help)")
        #expect(!help.stdout.contains("\\"), "\(help)")
    }

    /// A command that is new is in this list, too.
    @Test func everyCommandIsListed() async throws {
        let help = try await CairnBinary.run(["--help"])
        let listed = help.stdout.components(separatedBy: "SUBCOMMANDS:\n").last?
            .split(separator: "\n")
            .filter { $0.hasPrefix("  ") && !$0.hasPrefix("   ") && !$0.hasPrefix("  See") }
            .compactMap { $0.split(separator: " ").first.map(String.init) }
        #expect(Set(listed ?? []) == Set(CommandTests.commands.map { $0[0] }))
    }

    private func expect(
        _ result: CommandResult, _ exit: Int32, saying words: String = "",
        _ place: SourceLocation = #_sourceLocation
    ) {
        #expect(result.exit == exit, "\(result)", sourceLocation: place)
        let lines = result.stderr.split(separator: "\n", omittingEmptySubsequences: false)
        #expect(
            lines.count == 3 && lines[0].hasPrefix("error: ") && lines[1].hasPrefix("hint: "),
            "\(result)", sourceLocation: place)
        #expect(
            words.isEmpty || result.stderr.contains(words), "\(result)", sourceLocation: place)
    }

    /// The same failure as one JSON object on standard error.
    private func expectJSON(_ result: CommandResult, _ exit: Int32) throws {
        #expect(result.exit == exit, "\(result)")
        let error = try #require(try JSONText(Data(result.stderr.utf8))["error"], "\(result)")
        for name in ["code", "message", "hint"] {
            #expect(error[name]?.text?.isEmpty == false, "\(name): \(result)")
        }
    }

    @Test func wrongUsageIs2() async throws {
        for arguments in [
            ["fly"], ["get"], ["get", "Patient"], ["search", "Starship?x=y"], ["load"],
            ["get", "Patient/1", "--frobnicate"], ["verify"], ["proof", "Patient/1"],
            ["wallet", "show", "/nowhere/x.wallet"], ["bench", "nothing"],
            ["serve", "--listen", "nowhere"], ["serve", "--config", "/nowhere"],
            ["verify", "--proof", "/nowhere", "--trust", "/nowhere"],
            ["verify", "--data", "/nowhere"], ["load", "--concurrency", "0", "x"],
            ["sample"], ["sample", "--out", "/dev/null"],
            ["sample", "--out", "/nowhere/x", "--until", "2026-02-30"],
        ] {
            expect(try await CairnBinary.run(arguments), 2)
            try expectJSON(try await CairnBinary.run(arguments + ["--json"]), 2)
        }
    }

    @Test func refusalsAre3() async throws {
        let bench = try await Bench.start("commands")
        for arguments in [
            ["get", "Patient/nobody"], ["search", "Patient?nickname=x"],
            ["proof", "Patient/nobody", "--out", bench.folder.url("x").path],
            ["transaction", String(repeating: "0", count: 64)],
            ["person", "show", String(repeating: "0", count: 32)], ["head", "--channel", "other"],
        ] {
            expect(try await bench.server.run(arguments), 3)
            try expectJSON(try await bench.server.run(arguments + ["--json"]), 3)
        }
        #expect(!FileManager.default.fileExists(atPath: bench.folder.url("x").path))
        let bad = try bench.file("bad.json", #"{"resourceType":"Patient","gender":"m"}"#)
        let load = try await bench.server.run(["load", bad])
        #expect(load.exit == 3 && load.stdout.contains("1 failed"), "\(load)")
        #expect(load.stderr.contains("Patient.gender"), "\(load)")
    }

    @Test func nobodyThereIs4() async throws {
        let bench = try await Bench.start("commands")
        let id = try await bench.create("Patient", Sample.patient(family: "Okafor"))
        try await bench.server.kill()
        let file = try bench.file("patient.json", Sample.patient(family: "Byron"))
        for arguments in [
            ["get", "Patient/\(id)"], ["search", "Patient"], ["token"], ["head"],
            ["load", file], ["person", "list"],
        ] {
            let result = try await bench.server.run(arguments)
            expect(result, 4, saying: "hint: ")
            try expectJSON(try await bench.server.run(arguments + ["--json"]), 4)
        }
    }

    @Test func optionsGoBeforeTheEnvironment() async throws {
        let bench = try await Bench.start("commands")
        let wallet = bench.server.wallet
        let elsewhere = try TempFolder("elsewhere")
        expect(
            try await CairnBinary.run(
                ["token"], environment: ["CAIRN_SERVER": bench.server.url],
                folder: elsewhere.path), 2, saying: "CAIRN_WALLET")
        expect(
            try await CairnBinary.run(
                ["token"], environment: ["CAIRN_WALLET": wallet, "CAIRN_SERVER": "nonsense"]),
            2, saying: "nonsense")
        let named = try await CairnBinary.run(
            ["token", "--server", bench.server.url, "--wallet", wallet],
            environment: ["CAIRN_SERVER": "http://127.0.0.1:1", "CAIRN_WALLET": "/nowhere"])
        #expect(named.exit == 0, "\(named)")
    }

    @Test func openWalletFilesAreRefused() async throws {
        let bench = try await Bench.start("commands")
        let mode = { (mode: Int) in
            try FileManager.default.setAttributes(
                [.posixPermissions: mode], ofItemAtPath: bench.server.wallet)
        }
        let made = try FileManager.default.attributesOfItem(atPath: bench.server.wallet)
        #expect(made[.posixPermissions] as? Int == 0o600)
        for open in [0o644, 0o640, 0o604, 0o660] {
            try mode(open)
            expect(try await bench.server.run(["token"]), 2, saying: "chmod 600")
        }
        try mode(0o600)
        #expect(try await bench.server.run(["token"]).exit == 0)
    }

    @Test func walletsAreMadeShownAndListed() async throws {
        let bench = try await Bench.start("wallets")
        for scheme in ["ed25519", "p256"] {
            let file = bench.folder.url("\(scheme).wallet").path
            let made = try await bench.server.run(
                ["wallet", "new", "--out", file, "--scheme", scheme, "--label", "Ada Byron"])
            #expect(made.exit == 0 && made.stdout.contains("key \(scheme):"), "\(made)")
            let mode = try FileManager.default.attributesOfItem(atPath: file)[.posixPermissions]
            #expect(mode as? Int == 0o600)
            let before = try Data(contentsOf: URL(filePath: file))
            let again = try await bench.server.run(["wallet", "new", "--out", file])
            expect(again, 2)
            #expect(try Data(contentsOf: URL(filePath: file)) == before)
            let shown = try await CairnBinary.run(["wallet", "show", file, "--json"])
            let json = try JSONText(Data(shown.stdout.utf8))
            #expect(json["label"]?.text == "Ada Byron")
            #expect(json["keys"]?.items.count == 1)
            #expect(made.stdout.contains(try #require(json["person"]?.text)))
        }
        let list = try await CairnBinary.run(["wallet", "list", bench.folder.path])
        #expect(list.stdout.split(separator: "\n").count == 2, "\(list)")
        let offline = try await CairnBinary.run([
            "wallet", "new", "--out", bench.folder.url("c.wallet").path, "--genesis",
            bench.server.data + "/genesis.cairn",
        ])
        #expect(offline.exit == 0, "\(offline)")
    }
}
