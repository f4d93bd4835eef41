import Synchronization
import Testing

@testable import Tensors

/// Work that is given up while it lasts.
@Suite struct CancellationTests {
  @Test func `work that nobody gives up returns what it found`() throws {
    #expect(!Cancellation.isDue)
    #expect(try Cancellation(when: { false }).watch { Cancellation.isDue ? 1 : 2 } == 2)
    struct Problem: Error {}
    #expect(throws: Problem.self) {
      try Cancellation(when: { false }).watch { throw Problem() }
    }
  }

  @Test func `work that is over throws, whatever became of it`() {
    struct Problem: Error {}
    #expect(throws: CancellationError.self) { try Cancellation(when: { true }).watch { 1 } }
    #expect(throws: CancellationError.self) {
      try Cancellation(when: { true }).watch { throw Problem() }
    }
    #expect(!Cancellation.isDue)
  }

  @Test func `every thread of a loop asks for the work that started it`() {
    let asked = Atomic(0)
    _ = try? Cancellation(when: { true }).watch {
      Parallel.forEach(64) { _ in
        if Cancellation.isDue { asked.add(1, ordering: .relaxed) }
      }
    }
    #expect(asked.load(ordering: .relaxed) == 64)
    let other = Atomic(0)
    // The pool's threads have forgotten it.
    Parallel.forEach(64) { _ in
      if Cancellation.isDue { other.add(1, ordering: .relaxed) }
    }
    #expect(other.load(ordering: .relaxed) == 0)
  }

  @Test func `what is settled is kept`() throws {
    let found = try Cancellation(when: { true }).watch {
      Cancellation.settle()
      return 7
    }
    #expect(found == 7)
  }
}
