// SPDX-License-Identifier: Apache-2.0
#include "plans/quorum.h"

#include <catch2/catch.hpp>

#include "plans/intents.h"

namespace quorate {
namespace {

struct Row {
  std::size_t voters;
  std::size_t quorum;
  std::size_t tolerates;
};

TEST_CASE("a quorum is a majority of the voters", "[quorum]") {
  const auto row = GENERATE(Row{1, 1, 0}, Row{2, 2, 0}, Row{3, 2, 1}, Row{4, 3, 1}, Row{5, 3, 2}, Row{6, 4, 2}, Row{7, 4, 3});
  CAPTURE(row.voters);
  CHECK(quorum_of(row.voters) == row.quorum);
  CHECK(tolerated_losses(row.voters, row.voters) == row.tolerates);
  CHECK(has_quorum(row.voters, row.quorum));
  CHECK_FALSE(has_quorum(row.voters, row.quorum - 1));
}

TEST_CASE("no voters have no quorum", "[quorum]") { CHECK_FALSE(has_quorum(0, 0)); }

TEST_CASE("a voter that is added and not yet up takes tolerance away, or the quorum", "[quorum]") {
  CHECK_FALSE(has_quorum(2, 1));
  CHECK(tolerated_losses(4, 3) == 0);
  CHECK(tolerated_losses(5, 4) == 1);
}

TEST_CASE("removing a dead voter never lowers what is tolerated", "[quorum]") {
  for (std::size_t voters = 3; voters <= 9; ++voters) {
    for (std::size_t live = quorum_of(voters); live < voters; ++live) {
      CAPTURE(voters, live);
      CHECK(tolerated_losses(voters - 1, live) >= tolerated_losses(voters, live));
    }
  }
}

TEST_CASE("promoting a live learner never loses a quorum that is there", "[quorum]") {
  for (std::size_t voters = 1; voters <= 9; ++voters) {
    for (std::size_t live = quorum_of(voters); live <= voters; ++live) CHECK(has_quorum(voters + 1, live + 1));
  }
}

TEST_CASE("an intent reads as a person types it", "[intents]") {
  Intent intent;
  CHECK(text_of(intent).empty());
  intent.mutable_replace()->set_node("node3");
  CHECK(text_of(intent) == "--replace node3");
  intent.mutable_lost()->set_name("node4");
  intent.mutable_lost()->set_member_id("8211f1d0f64f3269");
  CHECK(text_of(intent) == "--lost node4");
}

}  // namespace
}  // namespace quorate
