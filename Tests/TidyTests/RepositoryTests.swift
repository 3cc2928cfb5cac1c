import Foundation
import Testing

@Suite("The repository holds together")
struct RepositoryTests {
    static let fileBytesMax = 1024 * 1024

    @Test(arguments: ["README.md", "CONTRIBUTING.md", "CHANGELOG.md"])
    func documentsNameOnlyWhatExists(_ path: String) {
        let text = Repository.text(path)
        #expect(!text.isEmpty)
        let found = Documents.missing(in: path, text: text)
        expectNone(found)
    }

    @Test func pagesOfDocsNameOnlyWhatExists() {
        let pages = Repository.paths.filter { $0.hasPrefix("docs/") && $0.hasSuffix(".md") }
        #expect(pages.contains("docs/ARCHITECTURE.md"))
        let found = pages.flatMap { Documents.missing(in: $0, text: Repository.text($0)) }
        expectNone(found)
    }

    @Test func everyPageOfDocsIsLinked() {
        let linked = Documents.entrances.flatMap { entrance in
            Documents.links(in: Repository.text(entrance), of: entrance).map(\.target)
        }
        let found = Documents.unlinked(Repository.paths, linked: Set(linked))
        expectNone(found)
    }

    @Test func commentsNameOnlyPagesThatExist() {
        let schemas = Repository.paths.filter { $0.hasPrefix("proto/") || $0.hasPrefix("Scripts/") }
            .map { SourceFile(path: $0, text: Repository.text($0)) }
        let code = Repository.written.filter { !$0.path.hasPrefix("Tests/TidyTests/") }
        let found = (code + schemas).flatMap(Documents.mentioned)
        expectNone(found)
    }

    @Test func nothingNamesAFolderOfOneMachine() {
        let found = Repository.paths.filter { !$0.hasPrefix("Tests/TidyTests/") }
            .map { SourceFile(path: $0, text: Repository.text($0)) }
            .flatMap(Portability.machinePaths)
        expectNone(found)
    }

    @Test func setUpFilesNameOnlyKnownHosts() {
        let found = Repository.paths.filter(Portability.isSetUp)
            .map { SourceFile(path: $0, text: Repository.text($0)) }
            .flatMap(Portability.foreignHosts)
        expectNone(found)
    }

    @Test func everyDependencyIsExplained() {
        let page = Repository.text("docs/decisions/0001-dependencies.md")
        let manifest = Repository.text("Package.swift")
        let names = Documents.dependencies(in: manifest)
        #expect(names.count > 5)
        #expect(names.filter { !page.contains("| \($0) |") } == [])
        let explained = Documents.explained(in: page)
        let gone = explained.filter { !names.contains($0) && !$0.hasPrefix("lib") }
        #expect(gone == [], "the manifest does not name them")
    }

    @Test func filesAreSmall() throws {
        for path in Repository.paths where !Exceptions.largeFiles.contains(path) {
            let size =
                try Repository.root.appendingPathComponent(path)
                .resourceValues(forKeys: [.fileSizeKey]).fileSize ?? 0
            #expect(size <= RepositoryTests.fileBytesMax, "\(path) has \(size) bytes")
        }
        let gone = Exceptions.largeFiles.filter { !Repository.exists($0) }
        #expect(gone.isEmpty, "take these out of Exceptions.largeFiles: \(gone)")
    }

    @Test func generatedCodeBelongsToItsSchema() throws {
        let record = Repository.text("Scripts/generated-proto.cksum")
        let stale = Checksum.stale(record) { try? [UInt8](Repository.data($0)) }
        #expect(stale.isEmpty, "run Scripts/generate-proto.sh: \(stale)")
        let schemas = Repository.paths.filter {
            $0.hasSuffix(".proto") || $0.hasSuffix(".pb.swift")
        }
        #expect(schemas.count > 10)
        let unknown = schemas.filter { !record.contains(" \($0)\n") }
        #expect(unknown.isEmpty, "run Scripts/generate-proto.sh: \(unknown)")
    }

    @Test func scriptsMayBeExecuted() throws {
        for path in Repository.paths
        where path == ".ci/run" || path.hasPrefix("Scripts/") && path.hasSuffix(".sh") {
            let full = Repository.root.appendingPathComponent(path).path
            #expect(FileManager.default.isExecutableFile(atPath: full), "\(path)")
            #expect(Repository.text(path).hasPrefix("#!/usr/bin/env bash\n"), "\(path)")
        }
    }
}
