use strict;
use warnings;

use Config;

BEGIN {
    if (!$Config{useithreads}) {
        print "1..0 # SKIP this perl has no threads\n";
        exit 0;
    }
}

use threads;

use AliEn::PoD;
use lib 't/lib';
use PoDTest qw(json_rows receiver repository);
use Test::More;

my $receiver = receiver();
my $repository = repository()->answer(json_rows(['42', 'Address', 'a.example:21001']));
my $publisher = AliEn::PoD::Publisher->new(
    master_job_id => 7, address => 'a.example:1', destinations => [$receiver->address]);
my $watcher = AliEn::PoD::Watcher->new(repository => $repository->url, allow_unsigned => 1);
$publisher->publish;

subtest 'an object of another thread is refused' => sub {
    my @errors = threads->create({ context => 'list' },
        sub { map { my $code = $_; eval { $code->(); 1 } ? 'none' : "$@" } sub { $publisher->publish }, sub { $watcher->check } })
        ->join;
    like($_, qr/unblessed reference|not a living/, 'with an error') foreach @errors;
    is(scalar @errors, 2, 'both');
    is($publisher->publish, 1, 'the maker works on');
    is($watcher->check->{master_job_id}, 42, 'with both');
};

subtest 'a handle that is called past its class is refused' => sub {
    my ($error) = threads->create({ context => 'list' },
        sub { eval { AliEn::PoD::Publisher::_publish($publisher); 1 } ? 'none' : "$@" })->join;
    like($error, qr/not a living/, 'with an error');
};

subtest 'each thread may make its own, at the same time' => sub {
    my @threads = map {
        threads->create({ context => 'list' },
            sub {
                my ($address, $url) = @_;
                my ($sent, $seen) = (0, 0);
                foreach (1 .. 20) {
                    $sent += AliEn::PoD::Publisher->new(
                        master_job_id => 7, address => 'a.example:1', destinations => [$address], rate => 0)->publish;
                    $seen += AliEn::PoD::Watcher->new(repository => $url, allow_unsigned => 1)->check ? 1 : 0;
                }
                return ($sent, $seen);
            },
            $receiver->address, $repository->url);
    } 1 .. 4;
    is_deeply([$_->join], [20, 20], 'all work') foreach @threads;
};

subtest 'a fork while another thread is inside the library' => sub {
    my $busy = threads->create(sub { AliEn::PoD::Watcher->new for 1 .. 20000; 1 });
    my @children;
    foreach (1 .. 10) {
        push @children, PoDTest::spawn(
            sub {
                AliEn::PoD::Publisher->new(
                    master_job_id => 7, address => 'a.example:1', destinations => [$receiver->address])->publish;
                return 0;
            });
    }
    is(PoDTest::child_status($_), 0, 'the child works') foreach @children;
    ok($busy->join, 'and so does the thread');
};

done_testing;
