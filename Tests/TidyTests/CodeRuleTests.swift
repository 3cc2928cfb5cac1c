import Testing

@Suite("The code keeps the rules of the house")
struct CodeRuleTests {
    @Test func filesAreShort() {
        let exceptions = Exceptions.longFiles
        let found = SizeRules.longFiles(Repository.written)
        let new = found.filter { $0.line > exceptions[$0.path] ?? 0 }
        expectNone(new)
        let needed = Set(found.map(\.path))
        let stale = exceptions.keys.filter { !needed.contains($0) }.sorted()
        #expect(stale.isEmpty, "take these out of Exceptions.longFiles: \(stale)")
    }

    @Test func functionsFitAScreen() {
        let found = Repository.written.flatMap(SizeRules.longFunctions)
        expectNone(found)
    }

    @Test func linesAreAtMostAHundredCharacters() {
        let found = Repository.written.flatMap(SizeRules.longLines)
        expectNone(found)
    }

    @Test func bannedConstructsAppearOnlyWhereAllowed() {
        var used: Set<String> = []
        var found: [Finding] = []
        for construct in BannedConstruct.all {
            for file in Repository.sources {
                let places = construct.findings(in: file)
                if places.isEmpty { continue }
                if Exceptions.constructs.contains(where: {
                    $0.token == construct.token && $0.path == file.path
                }) {
                    used.insert("\(construct.token) \(file.path)")
                } else {
                    found += places
                }
            }
        }
        expectNone(found)
        let stale = Exceptions.constructs.map { "\($0.token) \($0.path)" }
            .filter { !used.contains($0) }
        #expect(stale.isEmpty, "take these out of Exceptions.constructs: \(stale)")
        #expect(Exceptions.constructs.allSatisfy { $0.why.count > 20 })
    }

    @Test func nothingIsMarkedUnfinished() {
        let found = Repository.sources.flatMap(UnfinishedMarks.findings)
        expectNone(found)
    }

    @Test func hashedOrderNeverComesFromADictionary() {
        let found = Repository.sources.flatMap(UnsortedIteration.findings)
            .filter { !Exceptions.unsorted.contains("\($0.path) \($0.what)") }
        expectNone(found)
    }

    @Test func importsPointDownwards() {
        let found = Repository.sources.flatMap(Imports.findings)
        expectNone(found)
    }

    @Test func declarationsForOthersAreDocumented() {
        var counts: [String: Int] = [:]
        var found: [Finding] = []
        let requirements = Dictionary(grouping: Repository.sources, by: \.target)
            .mapValues { Set($0.flatMap(DocComments.requirements)) }
        for file in Repository.sources {
            let missing = DocComments.undocumented(
                in: file, requirements: requirements[file.target] ?? [])
            if !missing.isEmpty { counts[file.target, default: 0] += missing.count }
            found += missing
        }
        let allowed = Exceptions.undocumented
        for target in Set(counts.keys).union(allowed.keys).sorted() {
            let (count, limit) = (counts[target] ?? 0, allowed[target] ?? 0)
            let places = found.filter { $0.path.hasPrefix("Sources/\(target)/") }
            #expect(count <= limit, "\(target) has undocumented declarations")
            if count > limit { expectNone(places) }
            #expect(count >= limit, "lower Exceptions.undocumented of \(target) to \(count)")
        }
    }

    @Test func theRulesSeeTheCode() {
        #expect(Repository.sources.count > 100)
        #expect(Repository.sources.contains { $0.path == "Sources/LedgerCore/Block.swift" })
        #expect(Repository.swift.contains { $0.isGenerated })
    }
}
