# Lives of a publisher and of a watcher: made, used, freed. Run by Tests/valgrind/run.
use strict;
use warnings;

use AliEn::PoD;
use lib 't/lib';
use PoDTest qw(json_rows receiver repository);

my ($cycles, $checks) = @ARGV;

my $receiver = receiver();
for my $number (1 .. $cycles) {
    my $publisher = AliEn::PoD::Publisher->new(
        master_job_id => $number, address => 'a.example:1', destinations => [$receiver->address], rate => 0);
    $publisher->publish(wanted => 1 + $number % 9);
    # Whatever is refused must not cost memory either.
    eval { $publisher->publish(wanted => -1) };
}

# Nobody listens there: the whole way through libcurl, but for an answer.
my $dead = 'http://127.0.0.1:1';
for my $number (1 .. $cycles) {
    my $watcher = AliEn::PoD::Watcher->new(repository => $dead, run_time => 5, allow_unsigned => 1);
    eval { $watcher->check } if $number % 10 == 0;
    eval { AliEn::PoD::Watcher->new(run_time => 'x') };
}

my $repository = repository()->answer(json_rows(map { [$_, 'Address', "a$_.example:21001"] } 1 .. 50));
for (1 .. $checks) {
    my $watcher = AliEn::PoD::Watcher->new(repository => $repository->url, allow_unsigned => 1);
    die 'expected a master' if !$watcher->check;
}
print "$cycles publishers, $cycles watchers and $checks answers\n";
