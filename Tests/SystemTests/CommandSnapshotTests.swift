import Foundation
import Testing

/// Snapshots as people make, check and use them.
@Suite("cairn snapshot", .serialized)
struct CommandSnapshotTests {
    @Test func aThirdMemberBeginsWithOne() async throws {
        let network = try await Network.pair()
        let hospital = try await network.hospital.client()
        let writers = [Writer("hospital", seed: 3), Writer("clinic", seed: 4)]
        try await writers[0].write(hospital, limit: 15)
        try await writers[1].write(try await network.second().client(), limit: 15)
        let file = network.folder.path + "/main.snapshot"
        let genesis = network.hospitalData + "/genesis.cairn"
        let made = try await network.hospital.run(["snapshot", "export", "--out", file])
        #expect(made.exit == 0 && made.stdout.hasSuffix("the snapshot holds\n"), "\(made)")
        let again = try await network.hospital.run(["snapshot", "export", "--out", file])
        #expect(again.exit == 2 && again.stderr.contains("exists already"), "\(again)")
        let checked = try await CairnBinary.run([
            "snapshot", "verify", file, "--trust", genesis, "--json",
        ])
        #expect(checked.exit == 0 && checked.stdout.contains("2 of 2 members"), "\(checked)")
        let bytes = try Data(contentsOf: URL(filePath: file))
        #expect(bytes.range(of: Data("hospital".utf8)) == nil)

        // An altered one lets nobody in.
        var altered = bytes
        altered[altered.count / 2] ^= 1
        try network.folder.write(altered, to: "altered.snapshot")
        let link = try await network.invite()
        let data = network.folder.path + "/laboratory"
        let refusedJoin = try network.join(
            link, data: data, name: "Laboratory",
            arguments: ["--snapshot", network.folder.path + "/altered.snapshot", "--json"])
        try await network.admit()
        let refused = try await refusedJoin.result(timeoutSeconds: 60)
        #expect(refused.exit == 1 && refused.stderr.contains("snapshot-damaged"), "\(refused)")
        #expect(!FileManager.default.fileExists(atPath: data + "/snapshot.cairn"))

        let joining = try network.join(
            link, data: data, name: "Laboratory", arguments: ["--snapshot", file])
        let laboratory = try await RunningServer.ready(joining, data: data)
        #expect(laboratory.stderr.contains("the snapshot holds"), "\(laboratory.stderr)")
        let third = Writer("laboratory", seed: 5)
        try await Network.eventually("the laboratory writes") {
            let answer = try await laboratory.client().send(
                "POST", "/fhir/Patient", Data(#"{"resourceType":"Patient"}"#.utf8))
            return (answer.status == 201, "\(answer)")
        }
        try await third.write(try await laboratory.client(), limit: 10)
        #expect(try await third.acknowledged.problems(try await laboratory.client()) == [])
        try await Network.eventually("all three agree") {
            let heads = [
                try await network.hospital.run(["head"]).stdout,
                try await laboratory.run(["head"]).stdout,
            ].map { head in head.split(separator: "\n").first { $0.hasPrefix("hash: ") } }
            return (heads[0] == heads[1], "\(heads)")
        }
        try await laboratory.kill()
        let restarted = try await RunningServer.start(data)
        #expect(try await third.acknowledged.problems(try await restarted.client()) == [])
        #expect(try await restarted.stop().exit == 0)
        let verified = try await CairnBinary.run(["verify", "--data", data])
        #expect(verified.exit == 0, "\(verified)")
        #expect(verified.stdout.contains("began with a snapshot"), "\(verified)")
        for result in try await network.stopAndVerify() { #expect(result.exit == 0, "\(result)") }
    }

    @Test func aStoppedNodeOfOneMemberExportsToo() async throws {
        let node = try await StoppedNode.make(seed: 8)
        let file = node.folder.path + "/one.snapshot"
        let made = try await CairnBinary.run([
            "snapshot", "export", "--data", node.data, "--out", file, "--json",
        ])
        #expect(made.exit == 0, "\(made)")
        let trust = ["--trust", node.data + "/genesis.cairn"]
        let checked = try await CairnBinary.run(["snapshot", "verify", file] + trust)
        #expect(checked.exit == 0, "\(checked)")
        // Of another network than the trusted one.
        let other = try await StoppedNode.make(seed: 9, kinds: [.create])
        let foreign = try await CairnBinary.run([
            "snapshot", "verify", file, "--trust", other.data + "/genesis.cairn", "--json",
        ])
        #expect(foreign.exit == 1 && foreign.stderr.contains("genesis-not-trusted"), "\(foreign)")
        // While a node holds the folder, that is said.
        let server = try await RunningServer.start(node.data)
        let held = try await CairnBinary.run([
            "snapshot", "export", "--data", node.data, "--out", file + ".2",
        ])
        #expect(held.exit == 2 && held.stderr.contains("another process"), "\(held)")
        #expect(!FileManager.default.fileExists(atPath: file + ".2"))
        _ = try await server.stop()
    }
}
