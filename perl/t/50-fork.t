use strict;
use warnings;

use AliEn::PoD;
use lib 't/lib';
use PoDTest qw(child_status decode json_rows private_directory read_file receiver repository slow_server spawn);
use Test::More;
use Time::HiRes qw(time);

my $repository = repository()->answer(json_rows(['42', 'Address', 'a.example:21001']));
my $receiver = receiver();

# Each call, made before the fork, after it, or both, in both processes.
my %CALLS = (
    'nothing'        => sub { 1 },
    'making'         => sub { AliEn::PoD::Publisher->new && AliEn::PoD::Watcher->new ? 1 : 0 },
    'setting'        => sub { $_[0]->_set('wanted', 3, 0); 1 },
    'publishing'     => sub { $_[0]->publish },
    'step'           => sub { $_[0]->_prepare; $_[0]->_step; $_[0]->_wait; 1 },
    'reports'        => sub { $_[0]->_next_report; $_[1]->_next_report; 1 },
    'checking'       => sub { $_[1]->check->{master_job_id} == 42 ? 1 : 0 },
    'beginning'      => sub { $_[1]->_begin(0); $_[1]->_step; 1 },
    'a fetch begun'  => sub { $_[1]->_begin(1); $_[1]->_step; 1 },
    'a found master' => sub { $_[1]->check; $_[1]->_found->{master_job_id} == 42 ? 1 : 0 },
    'counting'       => sub { $_[0]->datagrams; $_[0]->_message; 1 },
    'publishing on'  => sub { bounded(sub { $_[0]->run }, @_) },
    'watching on'    => sub { bounded(sub { $_[1]->run }, @_) },
    'worker ended'   => sub { $_[1]->check && $_[1]->worker_ended(0); 1 },
);

# Ends what goes on for ever.
sub bounded {
    my ($code, @arguments) = @_;
    local $SIG{ALRM} = sub { die "enough\n" };
    my $is_well = eval { Time::HiRes::alarm(0.05); $code->(@arguments); 1 } || $@ eq "enough\n";
    Time::HiRes::alarm(0);
    return $is_well ? 1 : 0;
}

foreach my $before (sort keys %CALLS) {
    subtest "$before, then fork" => sub {
        foreach my $after (sort keys %CALLS) {
            my $publisher = AliEn::PoD::Publisher->new(
                master_job_id => 7, address => 'a.example:1', destinations => [$receiver->address], rate => 0);
            my $watcher = AliEn::PoD::Watcher->new(
                repository => $repository->url, allow_unsigned => 1, check_period => 1);
            $CALLS{$before}->($publisher, $watcher);
            my $child = spawn(sub { return $CALLS{$after}->($publisher, $watcher) ? 0 : 1 });
            my $own = $CALLS{$after}->($publisher, $watcher);
            is(child_status($child), 0, "$after works in the child");
            ok($own, "$after works in the parent");
        }
    };
}
1 while defined $receiver->next(0);

subtest 'parent and child are told apart by who reads their datagrams' => sub {
    my $publisher = AliEn::PoD::Publisher->new(
        master_job_id => 7, address => 'a.example:1', destinations => [$receiver->address]);
    $publisher->publish;
    my $first = decode($receiver->next);
    my $child = spawn(sub { $publisher->publish; return $publisher->datagrams == 1 ? 0 : 1 });
    is(child_status($child), 0, 'the child counts its own');
    my $second = decode($receiver->next);
    $publisher->publish;
    my $third = decode($receiver->next);
    is($third->{instance}, $first->{instance}, 'the parent keeps its instance');
    is($third->{sequence}, $first->{sequence} + 1, '... and its sequence');
    isnt($second->{instance}, $first->{instance}, 'the child has its own');
};

subtest 'a run begun before the fork goes on in both' => sub {
    my $watcher = AliEn::PoD::Watcher->new(
        repository => $repository->url, allow_unsigned => 1, check_period => 1, run_time => 20);
    $watcher->_begin(0);
    $watcher->_step;
    my $child = spawn(sub { my $found = $watcher->_go_on; return $found && $found->{master_job_id} == 42 ? 0 : 1 });
    my $found = $watcher->_go_on;
    is(child_status($child), 0, 'the child finds the master');
    is($found && $found->{master_job_id}, 42, 'and so does the parent');
};

subtest 'children of one parent choose differently' => sub {
    $repository->answer(json_rows(map { ["$_", 'Address', "a$_.example:21001"] } 1 .. 1000));
    my $watcher = AliEn::PoD::Watcher->new(repository => $repository->url, allow_unsigned => 1);
    my $directory = private_directory();
    my @children = map {
        my $number = $_;
        spawn(sub { PoDTest::write_file("$directory/$number", $watcher->check->{master_job_id}); 0 });
    } 1 .. 5;
    is(child_status($_), 0, 'a child looked') foreach @children;
    my %chosen = map { read_file("$directory/$_") => 1 } 1 .. 5;
    cmp_ok(scalar keys %chosen, '>', 2, 'several masters');
};

subtest 'a child that ends does not end the fetch of its parent' => sub {
    $repository->answer(json_rows(['42', 'Address', 'a.example:21001']));
    my $watcher = AliEn::PoD::Watcher->new(repository => $repository->url, allow_unsigned => 1);
    $watcher->_begin(1);
    $watcher->_step;
    my $child = spawn(sub { undef $watcher; 0 });
    is(child_status($child), 0, 'the child freed its copy');
    my $found = $watcher->_go_on;
    is($found && $found->{master_job_id}, 42, 'the parent finds the master');
};

subtest 'a child ends in good order' => sub {
    my $publisher = AliEn::PoD::Publisher->new(
        master_job_id => 7, address => 'a.example:1', destinations => [$receiver->address]);
    my $watcher = AliEn::PoD::Watcher->new(repository => $repository->url, allow_unsigned => 1);
    $watcher->check;
    $publisher->publish;
    # With Perl's own exit, so that destructors and END blocks run.
    my ($text, $status) = PoDTest::run_perl('-MAliEn::PoD', '-e', <<'PERL', $repository->url, $receiver->address);
my ($url, $address) = @ARGV;
my $watcher = AliEn::PoD::Watcher->new(repository => $url, allow_unsigned => 1);
my $publisher = AliEn::PoD::Publisher->new(master_job_id => 7, address => 'a.example:1', destinations => $address);
$watcher->check; $publisher->publish;
my $pid = fork;
if (!$pid) { $watcher->check; $publisher->publish; exit 3 }
waitpid $pid, 0;
print $? >> 8, ' ', $watcher->check->{master_job_id};
PERL
    is($text, '3 42', 'child and parent');
    is($status, 0, 'without a signal');
};

done_testing;
