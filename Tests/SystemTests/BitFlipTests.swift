import Foundation
import TestSupport
import Testing

/// One bit of a stopped node's data is wrong: `cairn verify` says so, and where.
@Suite("One flipped bit", .serialized)
struct BitFlipTests {
    /// Which bytes of which files are flipped, and which part of the report must name them.
    struct Target: Sendable, CustomStringConvertible {
        let folder: String
        var suffix = ""
        var times = 20
        let part: String
        /// Whether the files are RocksDB's tables: behind their data blocks stand filters and
        /// statistics, which nobody's data are in.
        var isTable = false
        /// What the place says, from the file's path.
        let place: @Sendable (String) -> String

        var description: String { folder + suffix }

        /// Where data lie in a file of `size` bytes. Statistics take some 1,000 bytes and filters a
        /// small share; a table's first block has 32 bytes and more.
        func data(_ size: Int) -> Range<Int> {
            0..<(isTable ? max(32, min(size / 2, size - 2_048)) : size)
        }
    }

    static let targets = [
        Target(folder: "", suffix: "genesis.cairn", part: "genesis") { $0 },
        Target(folder: "chain", times: 50, part: "chain") { $0.lastPart },
        Target(folder: "catalogue", times: 30, part: "catalogue") { $0.lastPart },
        Target(folder: "providers", times: 60, part: "fragments") {
            // providers/N/ab/cdef… is the fragment abcdef… at provider N.
            let parts = $0.split(separator: "/")
            return "provider \(parts[1]), fragment \(parts[2])\(parts[3])"
        },
        Target(folder: "state", suffix: ".sst", times: 30, part: "state", isTable: true) { _ in
            "/state"
        },
        Target(
            folder: "index/locations", suffix: ".sst", times: 20, part: "catalogue", isTable: true
        ) { _ in "index/locations" },
    ]

    @Test(arguments: targets)
    func verifyFindsItAndNamesThePlace(_ target: Target) async throws {
        var random = SeededGenerator(announcing: "flips in \(target)")
        let node = try await StoppedNode.make(seed: random.next())
        let files = try node.files(target.folder, suffix: target.suffix)
            .filter { try !node.read($0).isEmpty }
        for number in 0..<Soak.times(target.times, long: target.times * 8)
        where !Soak.isOn || Soak.takes(number) {
            let file = try #require(files.randomElement(using: &random))
            let data = target.data(try node.read(file).count)
            let flip = Flip(
                file: file, offset: Int.random(in: data, using: &random),
                bit: UInt8.random(in: 0..<8, using: &random))
            try await expect(flip, target, node, "CAIRN_SEED=\(random.seed)")
        }
        #expect(try await node.verify().exit == 0, "the flips were changed back")
    }

    /// The ends of the chain's file: every byte of the segment's header and of its newest record's
    /// end, one bit each.
    @Test func verifyFindsItInTheHeaderAndTheNewestBlock() async throws {
        var random = SeededGenerator(announcing: "flips at the chain's ends")
        let node = try await StoppedNode.make(seed: random.next())
        let target = try #require(BitFlipTests.targets.first { $0.folder == "chain" })
        for file in try node.files("chain") {
            let size = try node.read(file).count
            for offset in Array(0..<64) + Array(size - 64..<size) {
                let flip = Flip(
                    file: file, offset: offset, bit: UInt8.random(in: 0..<8, using: &random))
                try await expect(flip, target, node, "CAIRN_SEED=\(random.seed)")
            }
        }
    }

    private func expect(
        _ flip: Flip, _ target: Target, _ node: StoppedNode, _ note: String
    ) async throws {
        let found = try await node.flipping(flip) { try await node.verify() }
        #expect(found.exit == 1, "\(note) \(flip): \(found)")
        let place = target.place(flip.file)
        #expect(
            found.damage.contains { $0.part == target.part && $0.place.contains(place) },
            "\(note) \(flip): nothing names \(place): \(found)")
    }

    /// Text for people, as for programs: `damage: PART: PLACE: REASON`, and the exit code.
    @Test func verifySaysItInWords() async throws {
        let node = try await StoppedNode.make(seed: 3)
        let flip = Flip(file: "genesis.cairn", offset: 100, bit: 3)
        let result = try await node.flipping(flip) {
            try await CairnBinary.run(["verify", "--data", node.data])
        }
        #expect(result.exit == 1)
        #expect(result.stdout.hasPrefix("damage: genesis: \(node.data)/genesis.cairn: "))
        #expect(result.stdout.contains("something does not hold"))
    }

    /// Verifying changes nothing: no byte, no name, no time.
    @Test func verifyChangesNoFile() async throws {
        let node = try await StoppedNode.make(seed: 4)
        let before = try FolderState(node.data)
        #expect(try await node.verify().exit == 0)
        #expect(try FolderState(node.data) == before)
        // What a killed process leaves is not tidied up either.
        let server = try await RunningServer.start(node.data)
        try await Writer("more", seed: 4).write(try await server.client(), limit: 10)
        try await server.kill()
        let killed = try FolderState(node.data)
        #expect(killed != before)
        #expect(try await node.verify().exit == 0)
        #expect(try FolderState(node.data) == killed)
    }
}

/// All files of a folder: names, contents, times and rights.
struct FolderState: Equatable {
    private let entries: [String: [String]]

    init(_ path: String) throws {
        var entries: [String: [String]] = [:]
        for name in try FileManager.default.subpathsOfDirectory(atPath: path) {
            let place = path + "/" + name
            let attributes = try FileManager.default.attributesOfItem(atPath: place)
            let isFile = attributes[.type] as? FileAttributeType == .typeRegular
            let content = isFile ? try Data(contentsOf: URL(filePath: place)) : Data()
            entries[name] = [
                "\(attributes[.modificationDate] ?? "")", "\(attributes[.posixPermissions] ?? "")",
                content.base64EncodedString(),
            ]
        }
        self.entries = entries
    }
}

extension String {
    /// The last part of a path.
    var lastPart: String { split(separator: "/").last.map(String.init) ?? self }
}
