use strict;
use warnings;

use AliEn::PoD;
use Fcntl qw(:flock);
use lib 't/lib';
use POSIX ();
use PoDTest qw(error_of json_rows private_directory receiver repository slow_server);
use Test::More;
use Time::HiRes qw(time);

my $receiver = receiver();
my $empty = repository();
my ($listener, $slow_url) = slow_server();

# What goes on until something happens.
my %RUNS = (
    'a publisher' => sub {
        AliEn::PoD::Publisher->new(master_job_id => 7, address => 'a.example:1', destinations => [$receiver->address])
            ->run;
    },
    'a watcher between looks' => sub {
        AliEn::PoD::Watcher->new(repository => $empty->url, check_period => 3600, run_time => 30)->run;
    },
    'a watcher that waits for an answer' => sub {
        AliEn::PoD::Watcher->new(repository => $slow_url)->check;
    },
    'a publisher that waits for its configuration' => sub {
        AliEn::PoD::Publisher->new(master_job_id => 7, address => 'a.example:1', destinations => ["$slow_url/conf"])
            ->run;
    },
);

# Sends ourselves a signal from another process, for alarm can only send one.
sub signal_soon {
    my ($name, $delay) = @_;
    my $parent = $$;
    return PoDTest::spawn(sub { Time::HiRes::sleep($delay); kill $name, $parent; 0 });
}

foreach my $name (qw(ALRM TERM)) {
    foreach my $what (sort keys %RUNS) {
        subtest "SIG$name in $what" => sub {
            my ($handled, $started, $ended) = (0);
            my $error = error_of(
                sub {
                    local $SIG{$name} = sub { $handled++; die "dying\n" if $handled == 2 };
                    my @senders = (signal_soon($name, 0.2), signal_soon($name, 0.5));
                    $started = time;
                    eval { $RUNS{$what}->(); 1 } or do { my $error = $@; $ended = time; die $error };
                });
            is($handled, 2, 'a handler runs, and the wait goes on');
            is($error, "dying\n", 'a handler that dies ends it');
            cmp_ok($ended - $started, '<', 1.0, 'within half a second of the signal');
        };
    }
}

subtest 'alarm' => sub {
    my $started = time;
    my $error = error_of(
        sub {
            local $SIG{ALRM} = sub { die "alarm\n" };
            Time::HiRes::alarm(0.3);
            $RUNS{'a watcher between looks'}->();
        });
    is($error, "alarm\n", 'bounds a run');
    cmp_ok(time - $started, '<', 0.8, 'in time');
};

subtest 'an object works on after a handler has died' => sub {
    my $repository = repository()->answer(json_rows(['42', 'Address', 'a.example:1']));
    my $watcher = AliEn::PoD::Watcher->new(
        repository => [$slow_url, $repository->url], allow_unsigned => 1, check_period => 1);
    foreach (1 .. 3) {
        is(error_of(
            sub {
                local $SIG{ALRM} = sub { die "alarm\n" };
                Time::HiRes::alarm(0.1);
                $watcher->check;
            }), "alarm\n", 'interrupted');
    }
    my $other = AliEn::PoD::Watcher->new(repository => $repository->url, allow_unsigned => 1);
    is($other->check->{master_job_id}, 42, 'another one works');
    my $publisher = AliEn::PoD::Publisher->new(
        master_job_id => 7, address => 'a.example:1', destinations => [$receiver->address]);
    error_of(
        sub {
            local $SIG{ALRM} = sub { die "alarm\n" };
            Time::HiRes::alarm(0.1);
            $publisher->run;
        });
    is($publisher->publish, 1, 'the same one works');
};

subtest 'handlers that Perl does not defer' => sub {
    my $repository = repository()->answer(json_rows(map { [$_, 'Address', "a$_.example:1"] } 1 .. 2000));
    my $watcher = AliEn::PoD::Watcher->new(repository => $repository->url, allow_unsigned => 1);
    my $handled = 0;
    my $action = POSIX::SigAction->new(sub { $handled++; die "at once\n" }, POSIX::SigSet->new, 0);
    $action->safe(0);
    POSIX::sigaction(POSIX::SIGALRM(), $action);
    my $died = 0;
    foreach my $round (1 .. 40) {
        # The alarm is off before the eval ends: it may come at any moment until then.
        eval {
            Time::HiRes::ualarm(1000 + 500 * $round);
            $watcher->check;
            Time::HiRes::ualarm(0);
            1;
        } or $died++;
    }
    $SIG{ALRM} = 'DEFAULT';
    cmp_ok($died, '>', 0, 'have interrupted');
    my $found;
    ok(PoDTest::wait_for(5, sub { $found = eval { $watcher->check } }), 'and the watcher works on');
};

subtest 'signals are as they were after a call' => sub {
    my $before = POSIX::SigSet->new;
    POSIX::sigprocmask(POSIX::SIG_BLOCK(), POSIX::SigSet->new(POSIX::SIGUSR1()), $before);
    AliEn::PoD::Watcher->new(repository => $empty->url)->check;
    error_of(sub { AliEn::PoD::Watcher->new(run_time => 'x') });
    my $now = POSIX::SigSet->new;
    POSIX::sigprocmask(POSIX::SIG_SETMASK(), $before, $now);
    ok($now->ismember(POSIX::SIGUSR1()), 'what was blocked is blocked');
    ok(!$now->ismember(POSIX::SIGTERM()), 'what was not is not');
    is($SIG{PIPE}, undef, 'no handler was set');
};

done_testing;
